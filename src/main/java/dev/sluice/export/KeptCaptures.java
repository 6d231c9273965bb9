package dev.sluice.export;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.capture.Capture;
import dev.sluice.capture.Captures;
import dev.sluice.capture.HeaderLine;
import dev.sluice.journal.SqliteReadJournal;
import dev.sluice.session.ExchangeRecorded;
import dev.sluice.wire.ToolCall;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.persistence.query.Sequence;
import org.apache.pekko.stream.javadsl.Sink;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's captures, for records.
 *
 * <p>Which of them are exported is found by the journal, between what the captures know and what the exporter tells: so a crash between the two leaves
 * nothing that waits for an export for ever.
 */
final class KeptCaptures implements Captured {
    private static final Logger log = LoggerFactory.getLogger(KeptCaptures.class);

    /** Told in a transaction; captures wait for the same writer. */
    private static final int AT_ONE_TIME = 500;

    private final Captures captures;
    private final SqliteReadJournal journal;
    private final ActorSystem<?> system;
    private final ObjectMapper json = new JsonMapper();
    private CompletionStage<Done> before = CompletableFuture.completedStage(Done.getInstance());

    KeptCaptures(ActorSystem<?> system, Captures captures) {
        this.system = system;
        this.captures = captures;
        this.journal =
                PersistenceQuery.get(system).getReadJournalFor(SqliteReadJournal.class, SqliteReadJournal.IDENTIFIER);
    }

    @Override
    public CompletionStage<Optional<ObjectNode>> find(String requestId) {
        return captures.find(requestId).thenApply(found -> found.map(this::record));
    }

    private ObjectNode record(Capture capture) {
        var record = JsonNodeFactory.instance.objectNode();
        var said = capture.said();
        if (said != null) {
            var request = record.putObject("request");
            request.put("method", said.request().method());
            request.put("path", said.request().path());
            request.set("headers", headers(said.request().headers()));
            body(request, said.request().body());
            var answer = record.putObject("response");
            answer.put("status", said.answer().status());
            answer.set("headers", headers(said.answer().headers()));
            body(answer, said.answer().body());
            if (said.answer().raw() != null) {
                answer.put("raw", said.answer().raw());
            }
        }
        var tools = record.putArray("tool_calls");
        capture.tools().forEach(tool -> tools.add(call(tool)));
        return record;
    }

    private ObjectNode call(ToolCall tool) {
        var call = JsonNodeFactory.instance.objectNode();
        call.put("id", tool.id());
        call.put("name", tool.name());
        call.put("arguments", tool.arguments());
        return call;
    }

    /** Of headers that came more than once, all. */
    private static ObjectNode headers(List<HeaderLine> lines) {
        var headers = JsonNodeFactory.instance.objectNode();
        for (var line : lines) {
            headers.withArray(line.name()).add(line.value());
        }
        return headers;
    }

    /** JSON as such, anything else as bytes. */
    private void body(ObjectNode said, byte @Nullable [] bytes) {
        if (bytes == null || bytes.length == 0) {
            return;
        }
        var document = document(bytes);
        if (document == null) {
            said.put("body", bytes);
        } else {
            said.set("body", document);
        }
    }

    private @Nullable JsonNode document(byte[] bytes) {
        try {
            return json.readTree(bytes);
        } catch (JacksonException e) {
            return null; // Sound, pictures, forms.
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** One after the other: two at one time would tell the same. Called by one actor only. */
    @Override
    public void exported(long offset) {
        before = before.thenCompose(_ -> tell(offset)).exceptionally(failure -> {
            log.atWarn().setCause(failure).log("captures were not told what is exported; they are the next time");
            return Done.getInstance();
        });
    }

    private CompletionStage<Done> tell(long offset) {
        return captures.exportedUpTo()
                .thenCompose(from -> journal.currentEventsByTag(ExchangeRecorded.TAG, Offset.sequence(from))
                        .map(event -> Pair.create(
                                ((Sequence) event.offset()).value(),
                                ((ExchangeRecorded) event.event()).exchange().requestId()))
                        .takeWhile(event -> event.first() <= offset)
                        .grouped(AT_ONE_TIME)
                        .mapAsync(
                                1,
                                some -> captures.exported(
                                        some.stream().map(Pair::second).toList(),
                                        some.getLast().first()))
                        .runWith(Sink.ignore(), system));
    }
}

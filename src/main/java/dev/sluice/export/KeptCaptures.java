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
import dev.sluice.wire.ToolCall;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.jspecify.annotations.Nullable;

/** The node's captures, for records. */
final class KeptCaptures implements Captured {
    /** What was said waits for its writer before the exchange is recorded, so this is much longer than it ever takes. */
    private static final Duration WRITTEN_BY = Duration.ofSeconds(2);

    private final Captures captures;
    private final ObjectMapper json = new JsonMapper();

    KeptCaptures(Captures captures) {
        this.captures = captures;
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

    @Override
    public Duration delay() {
        return WRITTEN_BY;
    }

    @Override
    public CompletionStage<Done> exported(Collection<String> requestIds, long offset) {
        return captures.exported(requestIds, offset);
    }

    @Override
    public CompletionStage<Long> exportedUpTo() {
        return captures.exportedUpTo();
    }
}

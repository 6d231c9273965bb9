package dev.sluice.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.capture.Capture;
import dev.sluice.capture.Capture.Answer;
import dev.sluice.capture.Capture.Form;
import dev.sluice.capture.Capture.Request;
import dev.sluice.capture.Capture.Said;
import dev.sluice.capture.Captures;
import dev.sluice.capture.HeaderLine;
import dev.sluice.capture.Transcript;
import dev.sluice.config.DatabaseRule;
import dev.sluice.session.Exchange;
import dev.sluice.wire.ToolCall;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.jspecify.annotations.Nullable;

/** What was said in {@link FakeLedger}'s first exchange, and what was deleted. */
final class FakeCaptures implements Captures {
    final List<String> deleted = new ArrayList<>();

    @Override
    public void begin(String session, String login, Transcript transcript, DatabaseRule rule) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<Done> keep(
            Exchange exchange, Transcript transcript, List<ToolCall> tools, DatabaseRule rule) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<Optional<Capture>> find(String requestId) {
        var said = new Said(
                new Request(
                        "POST",
                        "/v1/messages",
                        List.of(new HeaderLine("x-api-key", HeaderLine.REDACTED)),
                        "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}".getBytes(UTF_8)),
                new Answer(
                        200,
                        List.of(new HeaderLine("content-type", "application/json")),
                        Form.OBJECT,
                        "{\"content\":[]}".getBytes(UTF_8),
                        null));
        return CompletableFuture.completedStage(Optional.of(requestId)
                .filter("r1"::equals)
                .map(id -> new Capture(
                        id,
                        FakeLedger.SESSION,
                        "alice",
                        Instant.EPOCH,
                        said,
                        List.of(new ToolCall("t1", "read_file", "{\"path\":\"x\"}", true)))));
    }

    @Override
    public CompletionStage<List<Kept>> ofSession(String session, String login, int limit, @Nullable Long before) {
        return CompletableFuture.completedStage(
                session.equals(FakeLedger.SESSION) && login.equals("alice")
                        ? List.of(new Kept(7, "r1", 900))
                        : List.of());
    }

    @Override
    public CompletionStage<List<Headed>> withHeader(
            String name, String value, @Nullable String login, int limit, @Nullable Instant before) {
        return CompletableFuture.completedStage(List.of());
    }

    @Override
    public CompletionStage<Long> deleteSession(String session) {
        deleted.add("session " + session);
        return CompletableFuture.completedStage(1L);
    }

    @Override
    public CompletionStage<Long> deleteLogin(String login) {
        deleted.add("login " + login);
        return CompletableFuture.completedStage(2L);
    }

    @Override
    public CompletionStage<Done> purge() {
        return CompletableFuture.completedStage(Done.getInstance());
    }

    @Override
    public CompletionStage<Done> exported(Collection<String> requestIds, long offset) {
        return CompletableFuture.completedStage(Done.getInstance());
    }

    @Override
    public CompletionStage<Long> exportedUpTo() {
        return CompletableFuture.completedStage(0L);
    }

    @Override
    public Counts counts() {
        return new Counts(0, 0, 0, 0);
    }
}

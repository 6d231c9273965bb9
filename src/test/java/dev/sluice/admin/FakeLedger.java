package dev.sluice.admin;

import dev.sluice.session.Exchange;
import dev.sluice.session.Exchange.Outcome;
import dev.sluice.session.Exchange.Tool;
import dev.sluice.usage.Ledger;
import dev.sluice.wire.Usage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One session of alice's, anme_00000000000000aa, with a priced exchange and a refused one; and what was asked for. */
final class FakeLedger implements Ledger {
    record Asked(
            @Nullable String login, int limit, @Nullable Instant before) {}

    static final String SESSION = "anme_00000000000000aa";
    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");

    final List<Asked> asked = new ArrayList<>();

    @Override
    public CompletionStage<List<SessionRow>> sessions(@Nullable String login, int limit, @Nullable Instant before) {
        asked.add(new Asked(login, limit, before));
        return CompletableFuture.completedFuture(List.of(row()));
    }

    @Override
    public CompletionStage<Optional<SessionView>> session(String id, int limit) {
        asked.add(new Asked(id, limit, null));
        return CompletableFuture.completedFuture(
                id.equals(SESSION)
                        ? Optional.of(new SessionView(row(), List.of(priced(), refused())))
                        : Optional.empty());
    }

    /** Alice and bob, as far as the page goes. */
    @Override
    public CompletionStage<List<CallerRow>> callers(@Nullable String login, int limit, @Nullable String after) {
        asked.add(new Asked(login, limit, null));
        return CompletableFuture.completedFuture(List.of("alice", "bob").stream()
                .filter(it -> (login == null || login.equals(it)) && (after == null || it.compareTo(after) > 0))
                .limit(limit)
                .map(it -> new CallerRow(it, NOON, NOON.plusSeconds(60), 1, 2, 100, 20, 30, 1_250_000, 1))
                .toList());
    }

    @Override
    public CompletionStage<Optional<Exchange>> exchange(String requestId) {
        return CompletableFuture.completedFuture(Stream.of(priced(), refused())
                .filter(it -> it.requestId().equals(requestId))
                .findFirst());
    }

    private static SessionRow row() {
        return new SessionRow(
                SESSION, "alice", "anthropic_messages", NOON, NOON.plusSeconds(60), 2, 100, 20, 30, 1_250_000, 1);
    }

    private static Exchange priced() {
        return new Exchange(
                "r1",
                SESSION,
                "alice",
                "n1",
                List.of(),
                "anthropic",
                "claude",
                "claude-1",
                "anthropic_messages",
                "/v1/messages",
                "POST",
                200,
                "agent/1.0",
                true,
                NOON,
                120,
                2500,
                new Usage(100, 20, 1, 2, 30, 10, 0, 0, 0, 0, 0),
                1_250_000L,
                "anthropic/claude",
                List.of(new Tool("read_file", "t1")),
                "tool_use",
                Outcome.COMPLETED,
                null,
                false,
                900,
                4200,
                List.of("daily:alice"),
                "msg_1",
                null);
    }

    private static Exchange refused() {
        return new Exchange(
                "r2",
                SESSION,
                "alice",
                "n1",
                List.of(),
                "",
                "claude",
                null,
                "anthropic_messages",
                "/v1/messages",
                "POST",
                429,
                "agent/1.0",
                true,
                NOON.plusSeconds(60),
                -1,
                1,
                null,
                null,
                null,
                List.of(),
                null,
                Outcome.REFUSED,
                "quota_exhausted",
                false,
                900,
                100,
                List.of(),
                null,
                null);
    }
}

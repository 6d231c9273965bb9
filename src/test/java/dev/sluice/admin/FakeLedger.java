package dev.sluice.admin;

import dev.sluice.session.Exchange;
import dev.sluice.session.Exchange.Outcome;
import dev.sluice.session.Exchange.Tool;
import dev.sluice.usage.Ledger;
import dev.sluice.usage.Reports;
import dev.sluice.wire.Usage;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.apache.pekko.Done;
import org.jspecify.annotations.Nullable;

/** One session of alice's, anme_00000000000000aa, with a priced exchange and a refused one; and what was asked for. */
final class FakeLedger implements Ledger {
    record Asked(
            @Nullable String login, int limit, @Nullable Instant before) {}

    static final String SESSION = "anme_00000000000000aa";
    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");

    private static final Sums SUMS = new Sums(2, 100, 20, 3, 30, 10, 1_250_000, 1, 1);

    final List<Asked> asked = new ArrayList<>();
    final List<Reports.Asked> questions = new ArrayList<>();
    final List<LogFilter> logged = new ArrayList<>();

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

    @Override
    public State state() {
        return new State(7, 7, false);
    }

    @Override
    public CompletionStage<Done> rebuild() {
        return CompletableFuture.completedFuture(Done.getInstance());
    }

    @Override
    public CompletionStage<UsageAnswer> usage(Reports.Asked question, int limit, @Nullable String after) {
        questions.add(question);
        return CompletableFuture.completedFuture(
                new UsageAnswer(new Page<>(List.of(usageRow()), "1.2.3.4.5.6"), SUMS, 1L));
    }

    @Override
    public CompletionStage<Page<CallsRow>> toolCalls(Reports.Asked question, int limit, @Nullable String after) {
        questions.add(question);
        return CompletableFuture.completedFuture(
                new Page<>(List.of(new CallsRow(new About(null, null, "claude", null, null, "read_file"), 3)), null));
    }

    /** Two pages, the first of them empty. */
    @Override
    public CompletionStage<Page<UsageRow>> days(Reports.Asked question, int rows, @Nullable String after) {
        questions.add(question);
        return CompletableFuture.completedFuture(
                after == null ? new Page<>(List.of(), "1.2.3.4.5.0") : new Page<>(List.of(usageRow()), null));
    }

    @Override
    public CompletionStage<Activity> activity(Span span, @Nullable String login) {
        asked.add(new Asked(login, 0, null));
        return CompletableFuture.completedFuture(new Activity(
                1,
                List.of(new ActiveDay(span.from(), 1, 0, 2, 1)),
                List.of(new ActiveSpan(span.from(), 1)),
                List.of(new ActiveSpan(span.from(), 1))));
    }

    @Override
    public CompletionStage<Page<LogRow>> logs(LogFilter filter, int limit, @Nullable String before) {
        logged.add(filter);
        return CompletableFuture.completedFuture(new Page<>(List.of(logRow()), before == null ? "77" : null));
    }

    @Override
    public CompletionStage<Page<CallsOf>> calls(LogFilter filter, int limit, @Nullable String before) {
        logged.add(filter);
        return CompletableFuture.completedFuture(new Page<>(
                List.of(new CallsOf(logRow(), List.of(new Tool("read_file", "t1")))), null));
    }

    @Override
    public CompletionStage<List<LogRow>> logs(List<String> requestIds) {
        return CompletableFuture.completedFuture(List.of(logRow()));
    }

    @Override
    public CompletionStage<List<String>> names(By by, String prefix, int limit) {
        return CompletableFuture.completedFuture(List.of("claude"));
    }

    private static UsageRow usageRow() {
        return new UsageRow(
                new About(NOON.truncatedTo(ChronoUnit.DAYS), "alice", "claude", "anthropic", "=cmd", null), SUMS);
    }

    private static LogRow logRow() {
        return new LogRow(
                "r1",
                NOON,
                1,
                SESSION,
                "alice",
                "claude",
                "anthropic",
                "agent",
                200,
                Outcome.COMPLETED,
                true,
                new Tokens(100, 20, 3, 30, 10),
                1_250_000L,
                2500,
                120,
                1);
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

package dev.sluice.admin;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.sluice.capture.Captures;
import dev.sluice.gate.Call;
import dev.sluice.gate.Doc;
import dev.sluice.gate.Endpoint;
import dev.sluice.gate.Needs;
import dev.sluice.session.Exchange.Outcome;
import dev.sluice.session.Exchange.Tool;
import dev.sluice.usage.Ledger;
import dev.sluice.usage.Reports.By;
import dev.sluice.usage.Reports.CallsOf;
import dev.sluice.usage.Reports.CallsRow;
import dev.sluice.usage.Reports.LogFilter;
import dev.sluice.usage.Reports.LogRow;
import dev.sluice.usage.Reports.Page;
import dev.sluice.wire.BadRequest;
import java.math.BigDecimal;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /api/logs} and {@code /api/logs.csv}: exchanges, the latest first; {@code GET /api/tool-calls}: how often which tools were called;
 * {@code GET /api/tool-calls/latest}: the calls themselves.
 */
record LogEndpoints(Ledger ledger, Captures captures, InstantSource clock, ActorSystem<?> system) {
    private static final int ROWS = 100;
    private static final int MAX_ROWS = 500;
    private static final int MAX_COUNTS = 1000;

    private static final Set<String> FILTERS = Set.of(
            "from",
            "to",
            "user",
            "model",
            "provider",
            "agent",
            "tool",
            "status",
            "outcome",
            "session",
            "stream",
            "min_cost");
    private static final Set<By> GROUPS = EnumSet.of(By.HOUR, By.DAY, By.USER, By.MODEL, By.TOOL);
    private static final List<String> COLUMNS = List.of(
            "started",
            "request_id",
            "session",
            "user",
            "model",
            "provider",
            "agent",
            "status",
            "outcome",
            "stream",
            "input_tokens",
            "cached_input_tokens",
            "cache_write_tokens",
            "output_tokens",
            "reasoning_tokens",
            "cost_usd",
            "duration_millis",
            "first_byte_millis",
            "tools");

    /** A page may be short, or empty, and yet not the last: that is the one whose {@code nextBefore} is null. */
    private record LogList(List<Line> exchanges, @Nullable String nextBefore) {}

    private record Line(
            String requestId,
            String started,
            String session,
            String user,
            String model,
            String provider,
            String agent,
            int status,
            String outcome,
            boolean stream,
            @Nullable LineTokens tokens,
            @Nullable String cost,
            @Nullable Long costNanos,
            long durationMillis,
            @Nullable Long firstByteMillis,
            long tools) {
        static Line of(LogRow row) {
            return new Line(
                    row.requestId(),
                    row.started().toString(),
                    row.session(),
                    row.user(),
                    row.model(),
                    row.provider(),
                    row.agent(),
                    row.status(),
                    name(row.outcome()),
                    row.stream(),
                    LineTokens.of(row),
                    Dollars.printKnown(row.costNanos()),
                    row.costNanos(),
                    row.durationMillis(),
                    row.firstByteMillis() < 0 ? null : row.firstByteMillis(),
                    row.tools());
        }
    }

    private record LineTokens(
            long inputTokens, long cachedInputTokens, long cacheWriteTokens, long outputTokens, long reasoningTokens) {
        static @Nullable LineTokens of(LogRow row) {
            var it = row.tokens();
            return it == null
                    ? null
                    : new LineTokens(it.input(), it.cachedInput(), it.cacheWrite(), it.output(), it.reasoning());
        }
    }

    private record ToolCounts(
            String from,
            String to,
            List<Count> rows,
            @Nullable String next,
            boolean catchingUp) {}

    /** What it is not told apart by is left out. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Count(
            @Nullable String period,
            @Nullable String user,
            @Nullable String tool,
            @Nullable String model,
            long calls) {
        static Count of(CallsRow row) {
            var key = row.key();
            return new Count(
                    key.period() == null ? null : key.period().toString(),
                    key.user(),
                    key.tool(),
                    key.model(),
                    row.calls());
        }
    }

    /** As of {@link LogList}. */
    private record CallList(
            List<CalledIn> exchanges, @Nullable String nextBefore) {}

    private record CalledIn(
            String requestId, String started, String session, String user, String model, List<Called> calls) {
        static CalledIn of(CallsOf calls) {
            var row = calls.exchange();
            return new CalledIn(
                    row.requestId(),
                    row.started().toString(),
                    row.session(),
                    row.user(),
                    row.model(),
                    calls.tools().stream().map(Called::of).toList());
        }
    }

    private record Called(String tool, @Nullable String id) {
        static Called of(Tool tool) {
            return new Called(tool.name(), tool.id());
        }
    }

    List<Endpoint> endpoints() {
        return List.of(
                new Endpoint(HttpMethods.GET, "/api/logs", Needs.ROLE, this::list)
                        .documented(headed(filters("Exchanges, the latest begun first; administrators: everybody's."))
                                .query("limit", long.class, "1 to " + MAX_ROWS + "; " + ROWS + " unless told.")
                                .query("before", String.class, "What a page gave as next_before.")
                                .answers(LogList.class)),
                new Endpoint(HttpMethods.GET, "/api/logs.csv", Needs.ROLE, this::csv)
                        .documented(headed(filters("As /api/logs, all of it, a line an exchange."))
                                .answersWith("text/csv")),
                new Endpoint(HttpMethods.GET, "/api/tool-calls", Needs.ROLE, this::counts)
                        .documented(ReportQuery.spanDoc(
                                        Doc.of("How often tools were called; administrators: by everybody."))
                                .query(
                                        "group",
                                        String.class,
                                        "Some of hour, day, user, model, tool, with commas; tool unless told. Hours only without users.")
                                .query("user", String.class, "Only this caller's.")
                                .query("model", String.class, "Only this model's.")
                                .query("tool", String.class, "Only this tool's.")
                                .query("limit", long.class, "1 to " + MAX_COUNTS + " rows at a time.")
                                .query("after", String.class, "What a page gave as next.")
                                .answers(ToolCounts.class)),
                new Endpoint(HttpMethods.GET, "/api/tool-calls/latest", Needs.ROLE, this::latest)
                        .documented(filters(
                                        "Exchanges in which tools were called, the latest begun first, with the calls' ids.")
                                .query("limit", long.class, "1 to " + MAX_ROWS + "; " + ROWS + " unless told.")
                                .query("before", String.class, "What a page gave as next_before.")
                                .answers(CallList.class)));
    }

    private static Doc filters(String summary) {
        return Doc.of(summary)
                .query("from", String.class, "A day (2026-01-31, UTC) or a time.")
                .query("to", String.class, "A day, included, or a time, not included.")
                .query("user", String.class, "Only this caller's; others than administrators see their own anyway.")
                .query("model", String.class, "Only this model's.")
                .query("provider", String.class, "Only this provider's.")
                .query("agent", String.class, "Only this agent's, as claude-cli.")
                .query("tool", String.class, "Only with a call of this tool.")
                .query("status", String.class, "A status (429) or a class of them (4xx).")
                .query("outcome", String.class, "How it ended, as in the answer.")
                .query("session", String.class, "Only of this session.")
                .query("stream", String.class, "true or false.")
                .query("min_cost", String.class, "Dollars, 1.50.");
    }

    private static Doc headed(Doc doc) {
        return doc.query(
                "header",
                String.class,
                "NAME:VALUE, or NAME for any value: only with this header in the request or its answer. One of those in the"
                        + " policy's database.headers.filterable; of redacted ones the value is ***.");
    }

    private static Set<String> and(String... more) {
        var names = new HashSet<>(FILTERS);
        names.addAll(List.of(more));
        return Set.copyOf(names);
    }

    /** Reads a page: of so many at most, from where another one ended. */
    private interface Pages<T> {
        CompletionStage<Page<T>> read(int limit, @Nullable String before);
    }

    private CompletionStage<HttpResponse> list(Call call) {
        return Answering.orRefusal(() -> {
            var query = Query.of(call.request(), and("limit", "before", "header"));
            return paged(
                    query,
                    logs(query, call),
                    page -> new LogList(page.rows().stream().map(Line::of).toList(), page.next()));
        });
    }

    private CompletionStage<HttpResponse> csv(Call call) {
        return Answering.orRefusal(() -> {
            var pages = logs(Query.of(call.request(), and("header")), call);
            return CompletableFuture.completedFuture(
                    Csv.answer("logs.csv", COLUMNS, after -> pages.read(MAX_ROWS, after), LogEndpoints::columns));
        });
    }

    private Pages<LogRow> logs(Query query, Call call) throws BadRequest, ReportQuery.Denied {
        var filter = filter(query, call, false);
        var text = query.values().get("header");
        if (text == null) {
            return (limit, before) -> ledger.logs(filter, limit, before);
        }
        if (filter.filter().tool() != null) {
            throw new BadRequest("tool: " + Json.quote(filter.filter().tool()) + " (expected: not with a header)");
        }
        var header = HeadedLogs.Header.parse(text, call.rules().policy().database());
        var headed = new HeadedLogs(ledger, captures);
        return (limit, before) -> headed.page(header, filter, limit, before);
    }

    private <T> CompletionStage<HttpResponse> paged(Query query, Pages<T> pages, Function<Page<T>, Object> answer)
            throws BadRequest {
        return pages.read(query.limit(ROWS, MAX_ROWS), before(query))
                .thenApplyAsync(page -> Json.ok(answer.apply(page)), system.executionContext());
    }

    private static List<Object> columns(LogRow row) {
        var tokens = row.tokens();
        return List.of(
                row.started().toString(),
                row.requestId(),
                row.session(),
                row.user(),
                row.model(),
                row.provider(),
                row.agent(),
                row.status(),
                name(row.outcome()),
                row.stream(),
                tokens == null ? "" : tokens.input(),
                tokens == null ? "" : tokens.cachedInput(),
                tokens == null ? "" : tokens.cacheWrite(),
                tokens == null ? "" : tokens.output(),
                tokens == null ? "" : tokens.reasoning(),
                row.costNanos() == null
                        ? ""
                        : BigDecimal.valueOf(row.costNanos(), 9).toPlainString(),
                row.durationMillis(),
                row.firstByteMillis() < 0 ? "" : row.firstByteMillis(),
                row.tools());
    }

    private CompletionStage<HttpResponse> latest(Call call) {
        return Answering.orRefusal(() -> {
            var query = Query.of(call.request(), and("limit", "before"));
            var filter = filter(query, call, true);
            return paged(
                    query,
                    (limit, before) -> ledger.calls(filter, limit, before),
                    page -> new CallList(page.rows().stream().map(CalledIn::of).toList(), page.next()));
        });
    }

    private CompletionStage<HttpResponse> counts(Call call) {
        return Answering.orRefusal(() -> {
            var query =
                    Query.of(call.request(), Set.of("from", "to", "user", "model", "tool", "group", "limit", "after"));
            var report = new ReportQuery(query, call, clock);
            var asked = report.asked(GROUPS, "tool");
            if (asked.by().contains(By.HOUR)
                    && (asked.by().contains(By.USER) || asked.filter().user() != null)) {
                throw new BadRequest("group: hour with a user (expected: day, or nobody in particular)");
            }
            return ledger.toolCalls(asked, query.limit(MAX_COUNTS, MAX_COUNTS), report.after())
                    .thenApplyAsync(
                            page -> Json.ok(new ToolCounts(
                                    asked.span().from().toString(),
                                    asked.span().to().toString(),
                                    page.rows().stream().map(Count::of).toList(),
                                    page.next(),
                                    ledger.state().isCatchingUp())),
                            system.executionContext());
        });
    }

    private LogFilter filter(Query query, Call call, boolean withTools) throws BadRequest, ReportQuery.Denied {
        var report = new ReportQuery(query, call, clock);
        var minCost = query.values().get("min_cost");
        return new LogFilter(
                report.times(),
                report.filter(),
                status(query),
                outcome(query),
                report.text("session"),
                query.values().containsKey("stream") ? query.flag("stream") : null,
                minCost == null ? null : Dollars.parsePositive("min_cost", minCost),
                withTools);
    }

    private static @Nullable Integer status(Query query) throws BadRequest {
        var text = query.values().get("status");
        if (text == null) {
            return null;
        }
        if (text.matches("[1-5]xx")) {
            return text.charAt(0) - '0';
        }
        if (text.matches("[1-5][0-9][0-9]")) {
            return Integer.valueOf(text);
        }
        throw new BadRequest("status: " + Json.quote(text) + " (expected: a status, 429, or a class of them, 4xx)");
    }

    private static @Nullable Outcome outcome(Query query) throws BadRequest {
        var text = query.values().get("outcome");
        if (text == null) {
            return null;
        }
        return Arrays.stream(Outcome.values())
                .filter(it -> name(it).equals(text))
                .findFirst()
                .orElseThrow(() -> new BadRequest("outcome: " + Json.quote(text) + " (expected: "
                        + String.join(
                                ", ",
                                Arrays.stream(Outcome.values())
                                        .map(LogEndpoints::name)
                                        .toList()) + ")"));
    }

    private static String name(Outcome outcome) {
        return outcome.name().toLowerCase(Locale.ROOT);
    }

    private static @Nullable String before(Query query) throws BadRequest {
        return query.values().containsKey("before") ? Long.toString(query.numberedCursor("before")) : null;
    }
}

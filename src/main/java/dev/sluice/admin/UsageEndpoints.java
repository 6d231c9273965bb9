package dev.sluice.admin;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.sluice.access.Role;
import dev.sluice.gate.Call;
import dev.sluice.gate.Doc;
import dev.sluice.gate.Endpoint;
import dev.sluice.gate.Needs;
import dev.sluice.usage.Ledger;
import dev.sluice.usage.Reports.About;
import dev.sluice.usage.Reports.ActiveSpan;
import dev.sluice.usage.Reports.Asked;
import dev.sluice.usage.Reports.By;
import dev.sluice.usage.Reports.Filter;
import dev.sluice.usage.Reports.Order;
import dev.sluice.usage.Reports.Span;
import dev.sluice.usage.Reports.Sums;
import dev.sluice.usage.Reports.UsageAnswer;
import dev.sluice.usage.Reports.UsageRow;
import dev.sluice.wire.BadRequest;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /api/usage}: requests, tokens and cost, told apart by time, user, model, provider and agent; {@code GET /api/usage.csv}: all of it, for
 * administrators; {@code GET /api/users/{login}/usage}: one caller's; {@code GET /api/activity}: who was there.
 */
record UsageEndpoints(Ledger ledger, InstantSource clock, ActorSystem<?> system) {
    private static final int ROWS = 1000;
    private static final int MAX_ROWS = 5000;

    /** In memory at a time, for one reader of CSV. */
    private static final int CSV_ROWS = 2000;

    private static final Set<By> GROUPS = EnumSet.of(By.HOUR, By.DAY, By.USER, By.MODEL, By.PROVIDER, By.AGENT);
    private static final Set<By> ALL = EnumSet.of(By.DAY, By.USER, By.MODEL, By.PROVIDER, By.AGENT);

    private static final List<String> COLUMNS = List.of(
            "date",
            "user",
            "model",
            "provider",
            "agent",
            "requests",
            "input_tokens",
            "cached_input_tokens",
            "cache_write_tokens",
            "output_tokens",
            "reasoning_tokens",
            "total_tokens",
            "cost_usd",
            "unpriced",
            "errors");

    /**
     * {@code next} is what to ask for as {@code after} to get the next page; null on the last one. While {@code catching_up} not everything is
     * counted yet.
     */
    private record UsageReport(
            String from,
            String to,
            List<Row> rows,
            Totals totals,
            @Nullable Long activeUsers,
            @Nullable String next,
            boolean catchingUp) {}

    /** What it is not told apart by is left out. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Row(
            @Nullable String period,
            @Nullable String user,
            @Nullable String model,
            @Nullable String provider,
            @Nullable String agent,
            Totals sums) {
        static Row of(UsageRow row) {
            var key = row.key();
            return new Row(print(key), key.user(), key.model(), key.provider(), key.agent(), Totals.of(row.sums()));
        }

        private static @Nullable String print(About key) {
            return key.period() == null ? null : key.period().toString();
        }
    }

    /** {@code averagePerMillion} is null where there are no tokens. */
    private record Totals(
            long requests,
            long inputTokens,
            long cachedInputTokens,
            long cacheWriteTokens,
            long outputTokens,
            long reasoningTokens,
            long totalTokens,
            String cost,
            long costNanos,
            @Nullable String averagePerMillion,
            long unpriced,
            long errors) {
        static Totals of(Sums sums) {
            return new Totals(
                    sums.requests(),
                    sums.inputTokens(),
                    sums.cachedInputTokens(),
                    sums.cacheWriteTokens(),
                    sums.outputTokens(),
                    sums.reasoningTokens(),
                    sums.tokens(),
                    Dollars.print(sums.costNanos()),
                    sums.costNanos(),
                    average(sums),
                    sums.unpriced(),
                    sums.errors());
        }

        private static @Nullable String average(Sums sums) {
            return sums.tokens() == 0
                    ? null
                    : Dollars.print(BigDecimal.valueOf(sums.costNanos())
                            .movePointRight(6)
                            .divide(BigDecimal.valueOf(sums.tokens()), 0, RoundingMode.HALF_EVEN)
                            .longValue());
        }
    }

    private record UserUsage(
            String user,
            String from,
            String to,
            Totals totals,
            long sessions,
            List<Row> days,
            List<Row> models,
            List<Row> providers,
            List<Row> agents,
            boolean catchingUp) {}

    /** {@code activeUsers} over all of the span. */
    private record ActivityReport(
            String from,
            String to,
            long activeUsers,
            List<Day> days,
            List<Part> weeks,
            List<Part> months,
            boolean catchingUp) {}

    /** {@code fourOfSeven}: how many were there on four of the seven days that end with this one; {@code sessions}: how many began. */
    private record Day(String day, long activeUsers, long fourOfSeven, long requests, long sessions) {}

    private record Part(String start, long activeUsers) {
        static List<Part> of(List<ActiveSpan> spans) {
            return spans.stream()
                    .map(it -> new Part(day(it.start()), it.users()))
                    .toList();
        }
    }

    List<Endpoint> endpoints() {
        return List.of(
                new Endpoint(HttpMethods.GET, "/api/usage", Needs.ROLE, this::usage)
                        .documented(filters(
                                        ReportQuery.spanDoc(
                                                Doc.of(
                                                        "Requests, tokens and cost; administrators: everybody's. Sparse: what nothing happened in has no row.")))
                                .query(
                                        "group",
                                        String.class,
                                        "Some of hour, day, user, model, provider, agent, with commas; day unless told.")
                                .query("sort", String.class, "Of what is not by time: cost, requests or tokens.")
                                .query(
                                        "limit",
                                        long.class,
                                        "1 to " + MAX_ROWS + "; " + ROWS
                                                + " unless told. Of users with something else: users.")
                                .query("after", String.class, "What a page gave as next.")
                                .answers(UsageReport.class)),
                new Endpoint(HttpMethods.GET, "/api/usage.csv", Needs.ADMIN, this::csv)
                        .documented(filters(ReportQuery.spanDoc(
                                        Doc.of("A line a day, user, model, provider and agent; any span of days.")))
                                .answersWith("text/csv")),
                new Endpoint(HttpMethods.GET, "/api/users/{login}/usage", Needs.ROLE, this::ofUser)
                        .documented(ReportQuery.spanDoc(
                                        Doc.of("A caller's usage; others than administrators see their own."))
                                .answers(UserUsage.class)),
                new Endpoint(HttpMethods.GET, "/api/activity", Needs.ROLE, this::activity)
                        .documented(ReportQuery.spanDoc(
                                        Doc.of(
                                                "Who was there by day, week and month; others than administrators see themselves."))
                                .query("user", String.class, "Only this one.")
                                .answers(ActivityReport.class)));
    }

    private static Doc filters(Doc doc) {
        return doc.query("user", String.class, "Only this caller's; others than administrators see their own anyway.")
                .query("model", String.class, "Only this model's.")
                .query("provider", String.class, "Only this provider's.")
                .query("agent", String.class, "Only this agent's, as claude-cli.");
    }

    private CompletionStage<HttpResponse> usage(Call call) {
        return Answering.orRefusal(() -> {
            var query = Query.of(
                    call.request(),
                    Set.of("from", "to", "user", "model", "provider", "agent", "group", "sort", "limit", "after"));
            var report = new ReportQuery(query, call, clock);
            var asked = report.asked(GROUPS, "day");
            var limit = query.limit(ROWS, MAX_ROWS);
            if (asked.by().contains(By.USER) && asked.by().size() > 1 && limit > ROWS) {
                throw new BadRequest("limit: " + limit + " (expected: at most " + ROWS + " with users)");
            }
            return ledger.usage(asked, limit, report.after())
                    .thenApplyAsync(answer -> Json.ok(report(asked.span(), answer)), system.executionContext());
        });
    }

    private UsageReport report(Span span, UsageAnswer answer) {
        return new UsageReport(
                span.from().toString(),
                span.to().toString(),
                rows(answer),
                Totals.of(answer.totals()),
                answer.activeUsers(),
                answer.page().next(),
                ledger.state().isCatchingUp());
    }

    private static List<Row> rows(UsageAnswer answer) {
        return answer.page().rows().stream().map(Row::of).toList();
    }

    private CompletionStage<HttpResponse> csv(Call call) {
        return Answering.orRefusal(() -> {
            var query = Query.of(call.request(), Set.of("from", "to", "user", "model", "provider", "agent"));
            var report = new ReportQuery(query, call, clock);
            var asked = new Asked(report.anyDays(), report.filter(), ALL, Order.COST);
            return CompletableFuture.completedFuture(Csv.answer(
                    "usage.csv", COLUMNS, after -> ledger.days(asked, CSV_ROWS, after), UsageEndpoints::columns));
        });
    }

    private static List<Object> columns(UsageRow row) {
        var key = row.key();
        var sums = row.sums();
        return List.of(
                key.period() == null ? "" : day(key.period()),
                text(key.user()),
                text(key.model()),
                text(key.provider()),
                text(key.agent()),
                sums.requests(),
                sums.inputTokens(),
                sums.cachedInputTokens(),
                sums.cacheWriteTokens(),
                sums.outputTokens(),
                sums.reasoningTokens(),
                sums.tokens(),
                BigDecimal.valueOf(sums.costNanos(), 9).toPlainString(),
                sums.unpriced(),
                sums.errors());
    }

    private static String text(@Nullable String name) {
        return name == null ? "" : name;
    }

    private static String day(Instant instant) {
        return instant.truncatedTo(ChronoUnit.DAYS).toString().substring(0, "2026-01-31".length());
    }

    private CompletionStage<HttpResponse> ofUser(Call call) {
        return Answering.orRefusal(() -> {
            var login = call.parameter("login");
            if (call.role() != Role.ADMIN && !login.equals(call.caller().login())) {
                return CompletableFuture.completedFuture(Json.notFound("no user " + Json.quote(login)));
            }
            var span = new ReportQuery(Query.of(call.request(), Set.of("from", "to")), call, clock).days();
            var days = by(login, span, By.DAY);
            var models = by(login, span, By.MODEL);
            var providers = by(login, span, By.PROVIDER);
            var agents = by(login, span, By.AGENT);
            var sessions = ledger.activity(span, login)
                    .thenApply(it ->
                            it.days().stream().mapToLong(day -> day.sessions()).sum());
            return days.thenCombine(models, Halves::new)
                    .thenCombine(providers.thenCombine(agents, Halves::new), Quarters::new)
                    .thenCombineAsync(
                            sessions,
                            (parts, began) -> Json.ok(new UserUsage(
                                    login,
                                    span.from().toString(),
                                    span.to().toString(),
                                    Totals.of(parts.a().a().totals()),
                                    began,
                                    rows(parts.a().a()),
                                    rows(parts.a().b()),
                                    rows(parts.b().a()),
                                    rows(parts.b().b()),
                                    ledger.state().isCatchingUp())),
                            system.executionContext());
        });
    }

    private record Halves(UsageAnswer a, UsageAnswer b) {}

    private record Quarters(Halves a, Halves b) {}

    private CompletionStage<UsageAnswer> by(String login, Span span, By by) {
        var filter = new Filter(login, null, null, null, null);
        return ledger.usage(new Asked(span, filter, EnumSet.of(by), Order.COST), ROWS, null);
    }

    private CompletionStage<HttpResponse> activity(Call call) {
        return Answering.orRefusal(() -> {
            var report = new ReportQuery(Query.of(call.request(), Set.of("from", "to", "user")), call, clock);
            var span = report.days();
            return ledger.activity(span, report.user())
                    .thenApplyAsync(
                            answer -> Json.ok(new ActivityReport(
                                    span.from().toString(),
                                    span.to().toString(),
                                    answer.users(),
                                    answer.days().stream()
                                            .map(it -> new Day(
                                                    day(it.day()),
                                                    it.users(),
                                                    it.fourOfSeven(),
                                                    it.requests(),
                                                    it.sessions()))
                                            .toList(),
                                    Part.of(answer.weeks()),
                                    Part.of(answer.months()),
                                    ledger.state().isCatchingUp())),
                            system.executionContext());
        });
    }
}

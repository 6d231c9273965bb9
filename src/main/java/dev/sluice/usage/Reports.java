package dev.sluice.usage;

import dev.sluice.session.Exchange.Outcome;
import dev.sluice.session.Exchange.Tool;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** What dashboards and reports ask the ledger. No answer reads every exchange: sums are kept as exchanges come in, and pages are bounded. */
public interface Reports {

    /** What sums are told apart by. Hours and days are UTC's. */
    enum By {
        HOUR,
        DAY,
        USER,
        MODEL,
        PROVIDER,
        AGENT,
        TOOL
    }

    /** What a ranking begins with. */
    enum Order {
        COST,
        REQUESTS,
        TOKENS
    }

    /**
     * A part of time.
     *
     * @param to is not in it any more
     */
    record Span(Instant from, Instant to) {}

    /** Only these; null for all. */
    record Filter(
            @Nullable String user,
            @Nullable String model,
            @Nullable String provider,
            @Nullable String agent,
            @Nullable String tool) {
        public static final Filter NONE = new Filter(null, null, null, null, null);
    }

    /**
     * A question to the roll-ups.
     *
     * @param span of whole days; of whole hours when it is by hour
     * @param by   at most one of hour and day
     */
    record Asked(Span span, Filter filter, Set<By> by, Order order) {}

    /** What a row is about; null for what it is not told apart by. */
    record About(
            @Nullable Instant period,
            @Nullable String user,
            @Nullable String model,
            @Nullable String provider,
            @Nullable String agent,
            @Nullable String tool) {}

    /**
     * Sums over exchanges. Tokens are in disjoint classes, but that reasoning is a part of the output.
     *
     * @param costNanos of those whose cost is known
     * @param unpriced  how many used tokens at an unknown price
     * @param errors    how many were refused, failed, broke off upstream or were lost
     */
    record Sums(
            long requests,
            long inputTokens,
            long cachedInputTokens,
            long cacheWriteTokens,
            long outputTokens,
            long reasoningTokens,
            long costNanos,
            long unpriced,
            long errors) {
        public long tokens() {
            return inputTokens + cachedInputTokens + cacheWriteTokens + outputTokens;
        }
    }

    record UsageRow(About key, Sums sums) {}

    /**
     * A page.
     *
     * @param next what to ask for to get the next page; null on the last one
     */
    record Page<T>(List<T> rows, @Nullable String next) {}

    /**
     * A page of sums, and what all pages come to.
     *
     * @param totals      over all rows of all pages
     * @param activeUsers null where the question is about a model, a provider or an agent, or by hour
     */
    record UsageAnswer(
            Page<UsageRow> page, Sums totals, @Nullable Long activeUsers) {}

    /**
     * Sums, sparse: what nothing happened in has no row. By time: the earliest first. Not by time: a ranking; where it is of users, a page
     * is {@code limit} users, each with all of their rows.
     *
     * @param after a page's next; null for the first page
     */
    CompletionStage<UsageAnswer> usage(Asked asked, int limit, @Nullable String after);

    record CallsRow(About key, long calls) {}

    /** How often tools were called; pages as of {@link #usage}. By hour only without users. */
    CompletionStage<Page<CallsRow>> toolCalls(Asked asked, int limit, @Nullable String after);

    /** Everything by day, user, model, provider and agent, in pages that hold at most so many rows, and may hold none though there are more. */
    CompletionStage<Page<UsageRow>> days(Asked asked, int rows, @Nullable String after);

    /**
     * A day, whether anybody was there or not.
     *
     * @param fourOfSeven callers who were there on four of the seven days that end with this one
     * @param sessions    that began
     */
    record ActiveDay(Instant day, long users, long fourOfSeven, long requests, long sessions) {}

    /**
     * A week or a month.
     *
     * @param start of the week (a Monday) or the month, as far as it lies in what was asked for
     */
    record ActiveSpan(Instant start, long users) {}

    /**
     * Who was there.
     *
     * @param users over all of it
     */
    record Activity(long users, List<ActiveDay> days, List<ActiveSpan> weeks, List<ActiveSpan> months) {}

    /**
     * Counts who was there.
     *
     * @param login only this caller; null for everybody
     */
    CompletionStage<Activity> activity(Span span, @Nullable String login);

    /**
     * Which exchanges; null for any.
     *
     * @param status      an HTTP status, or its class, 1 to 5
     * @param minCostNanos cost no less than this
     * @param withTools   whether tools were called in them; false for all
     */
    record LogFilter(
            Span span,
            Filter filter,
            @Nullable Integer status,
            @Nullable Outcome outcome,
            @Nullable String session,
            @Nullable Boolean stream,
            @Nullable Long minCostNanos,
            boolean withTools) {}

    /**
     * An exchange in a list.
     *
     * @param started        to the millisecond
     * @param offset         where the journal has it; in a storage that nodes share, its number among its session's events
     * @param firstByteMillis -1 when there was none
     * @param costNanos      null when it is unknown, or nothing ran
     */
    record LogRow(
            String requestId,
            Instant started,
            long offset,
            String session,
            String user,
            String model,
            String provider,
            String agent,
            int status,
            Outcome outcome,
            boolean stream,
            @Nullable Tokens tokens,
            @Nullable Long costNanos,
            long durationMillis,
            long firstByteMillis,
            long tools) {}

    record Tokens(long input, long cachedInput, long cacheWrite, long output, long reasoning) {}

    /**
     * Exchanges, the latest begun first. A page looks at a bounded number of them: where few match, it may be short, or empty, and still
     * have a next.
     */
    CompletionStage<Page<LogRow>> logs(LogFilter filter, int limit, @Nullable String before);

    /** An exchange in which tools were called, and their names with the ids that the model gave the calls. */
    record CallsOf(LogRow exchange, List<Tool> tools) {}

    /** Exchanges with their tool calls, pages as of {@link #logs}. */
    CompletionStage<Page<CallsOf>> calls(LogFilter filter, int limit, @Nullable String before);

    /** Those of these requests that there are: for whoever has found their ids by other means, such as headers of captures. */
    CompletionStage<List<LogRow>> logs(List<String> requestIds);

    /** Names that begin so, in their order. */
    CompletionStage<List<String>> names(By by, String prefix, int limit);
}

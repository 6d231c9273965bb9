package dev.sluice.admin;

import dev.sluice.capture.Captures;
import dev.sluice.capture.Captures.Headed;
import dev.sluice.config.DatabaseRule;
import dev.sluice.usage.Ledger;
import dev.sluice.usage.Reports.LogFilter;
import dev.sluice.usage.Reports.LogRow;
import dev.sluice.usage.Reports.Page;
import dev.sluice.wire.BadRequest;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Exchanges that had a header: captures know their requests, the ledger has their rows. Whatever else is asked for is looked at row by row, so a
 * page may be short, or empty, and yet not the last.
 */
record HeadedLogs(Ledger ledger, Captures captures) {
    private static final long NANOS = 1_000_000_000;

    /**
     * A header that exchanges are found by.
     *
     * @param value all of it; empty for any
     */
    record Header(String name, String value) {
        /** As {@code x-team:core} or {@code x-team}. */
        static Header parse(String text, DatabaseRule rule) throws BadRequest {
            var colon = text.indexOf(':');
            var header = new Header(
                    (colon < 0 ? text : text.substring(0, colon)).strip().toLowerCase(Locale.ROOT),
                    colon < 0 ? "" : text.substring(colon + 1).strip());
            var known = rule.filterable().stream()
                    .map(it -> it.name().toLowerCase(Locale.ROOT))
                    .toList();
            if (!known.contains(header.name())) {
                throw new BadRequest("header: " + Json.quote(header.name()) + " ("
                        + (known.isEmpty()
                                ? "expected: one that the policy lists in database.headers.filterable, and it lists none"
                                : "expected: NAME:VALUE or NAME, with one of " + String.join(", ", known))
                        + ")");
            }
            return header;
        }
    }

    CompletionStage<Page<LogRow>> page(Header header, LogFilter filter, int limit, @Nullable String before) {
        var end = filter.span().to();
        var edge = before == null ? end : earlier(end, instant(Long.parseLong(before)));
        return captures.withHeader(
                        header.name(), header.value(), filter.filter().user(), limit, edge)
                .thenCompose(headed -> ledger.logs(
                                headed.stream().map(Headed::requestId).toList())
                        .thenApply(rows -> new Page<>(
                                rows.stream()
                                        .filter(row -> isAskedFor(row, filter))
                                        .sorted(Comparator.comparing(LogRow::started)
                                                .reversed())
                                        .toList(),
                                next(headed, filter.span().from(), limit))));
    }

    private static @Nullable String next(List<Headed> headed, Instant from, int limit) {
        if (headed.size() < limit) {
            return null;
        }
        var last = headed.getLast().started();
        return last.isBefore(from) ? null : Long.toString(last.getEpochSecond() * NANOS + last.getNano());
    }

    private static boolean isAskedFor(LogRow row, LogFilter filter) {
        var names = filter.filter();
        var status = filter.status();
        return !row.started().isBefore(filter.span().from())
                && isOrAny(names.user(), row.user())
                && isOrAny(names.model(), row.model())
                && isOrAny(names.provider(), row.provider())
                && isOrAny(names.agent(), row.agent())
                && isOrAny(filter.session(), row.session())
                && isOrAny(filter.outcome(), row.outcome())
                && isOrAny(filter.stream(), row.stream())
                && (status == null || status == row.status() || status == row.status() / 100)
                && (filter.minCostNanos() == null
                        || (row.costNanos() != null && row.costNanos() >= filter.minCostNanos()));
    }

    private static boolean isOrAny(@Nullable Object asked, Object is) {
        return asked == null || asked.equals(is);
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }

    private static Instant instant(long nanos) {
        return Instant.ofEpochSecond(nanos / NANOS, nanos % NANOS);
    }
}

package dev.sluice.admin;

import dev.sluice.access.Role;
import dev.sluice.gate.Call;
import dev.sluice.gate.Doc;
import dev.sluice.usage.Reports.Asked;
import dev.sluice.usage.Reports.By;
import dev.sluice.usage.Reports.Filter;
import dev.sluice.usage.Reports.Order;
import dev.sluice.usage.Reports.Span;
import dev.sluice.wire.BadRequest;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What reports are asked for: a span of time, and whose and which usage. Dates are UTC's days and both in the span; times are exact, and the
 * later one is not. Who is no administrator asks about themselves, whatever they ask.
 */
final class ReportQuery {
    static final int MAX_DAYS = 400;
    static final int MAX_HOURLY_DAYS = 8;
    private static final int DAYS = 30;

    /** Longer than any name there is. */
    private static final int LONGEST = 512;

    /** Whom a query is about that is none of the caller's business. */
    static final class Denied extends Exception {
        private static final long serialVersionUID = 1L;

        Denied(String message) {
            super(message);
        }
    }

    private final Query query;
    private final Call call;
    private final InstantSource clock;

    ReportQuery(Query query, Call call, InstantSource clock) {
        this.query = query;
        this.call = call;
        this.clock = clock;
    }

    static Doc spanDoc(Doc doc) {
        return doc.query("from", String.class, "A day (2026-01-31, UTC) or a time; 30 days ago unless told.")
                .query("to", String.class, "A day, included, or a time, not included; today unless told.");
    }

    /** Of whole days. */
    Span days() throws BadRequest {
        var span = span(ChronoUnit.DAYS, Duration.ofDays(DAYS));
        return bounded(span, MAX_DAYS);
    }

    /** Of whole days, as many as one likes. */
    Span anyDays() throws BadRequest {
        return span(ChronoUnit.DAYS, Duration.ofDays(DAYS));
    }

    private Span hours() throws BadRequest {
        return bounded(span(ChronoUnit.HOURS, Duration.ofDays(1)), MAX_HOURLY_DAYS);
    }

    private static Span bounded(Span span, int days) throws BadRequest {
        if (Duration.between(span.from(), span.to()).compareTo(Duration.ofDays(days)) > 0) {
            throw new BadRequest("from, to: " + span.from() + " to " + span.to() + " (expected: at most " + days
                    + " days at a time)");
        }
        return span;
    }

    /** From any time to any other; all there is unless told. */
    Span times() throws BadRequest {
        var from = edge("from", false);
        var to = edge("to", true);
        return ordered(from == null ? Instant.EPOCH : from, to == null ? tomorrow() : to);
    }

    private Span span(ChronoUnit unit, Duration standard) throws BadRequest {
        var to = edge("to", true);
        var end = to == null ? tomorrow() : to;
        var from = edge("from", false);
        var span = ordered(from == null ? end.minus(standard) : from, end);
        whole("from", span.from(), unit);
        whole("to", span.to(), unit);
        return span;
    }

    private static Span ordered(Instant from, Instant to) throws BadRequest {
        if (!from.isBefore(to)) {
            throw new BadRequest("from: " + from + " (expected: before to, " + to + ")");
        }
        return new Span(from, to);
    }

    private static void whole(String name, Instant instant, ChronoUnit unit) throws BadRequest {
        if (!instant.truncatedTo(unit).equals(instant)) {
            throw new BadRequest(name + ": " + instant + " (expected: a whole "
                    + (unit == ChronoUnit.DAYS ? "day" : "hour") + ", in UTC)");
        }
    }

    private Instant tomorrow() {
        return clock.instant().truncatedTo(ChronoUnit.DAYS).plus(Duration.ofDays(1));
    }

    private @Nullable Instant edge(String name, boolean isEnd) throws BadRequest {
        var text = query.values().get(name);
        if (text == null) {
            return null;
        }
        try {
            var instant = text.contains("T")
                    ? Instant.parse(text)
                    : LocalDate.parse(text)
                            .plusDays(isEnd ? 1 : 0)
                            .atStartOfDay()
                            .toInstant(ZoneOffset.UTC);
            // Beyond it numbers would not be what they are.
            if (instant.isBefore(Instant.EPOCH) || instant.isAfter(Instant.parse("2200-01-01T00:00:00Z"))) {
                throw new DateTimeException("far away");
            }
            return instant;
        } catch (DateTimeException e) {
            throw new BadRequest(name + ": " + Json.quote(text)
                    + " (expected: a day or a time, for example 2026-01-31 or 2026-01-31T12:00:00Z)");
        }
    }

    Filter filter() throws BadRequest, Denied {
        return new Filter(user(), text("model"), text("provider"), text("agent"), text("tool"));
    }

    /** Whose usage may be told; null for everybody's. */
    @Nullable
    String user() throws BadRequest, Denied {
        var asked = text("user");
        if (call.role() == Role.ADMIN) {
            return asked;
        }
        var own = call.caller().login();
        if (asked != null && !asked.equals(own)) {
            throw new Denied(
                    "user: " + Json.quote(asked) + " (expected: yourself; only administrators may ask about others)");
        }
        return own;
    }

    @Nullable
    String text(String name) throws BadRequest {
        var text = query.values().get(name);
        if (text != null && text.length() > LONGEST) {
            throw new BadRequest(name + ": " + Json.quote(text) + " (expected: at most " + LONGEST + " characters)");
        }
        return text;
    }

    /** A question by some of these. */
    Asked asked(Set<By> possible, String standard) throws BadRequest, Denied {
        var by = by(possible, standard);
        return new Asked(by.contains(By.HOUR) ? hours() : days(), filter(), by, order());
    }

    private Set<By> by(Set<By> possible, String standard) throws BadRequest {
        var by = EnumSet.noneOf(By.class);
        for (var name : query.values().getOrDefault("group", standard).split(",", -1)) {
            by.add(possible.stream()
                    .filter(it -> it.name().toLowerCase(Locale.ROOT).equals(name))
                    .findFirst()
                    .orElseThrow(() -> new BadRequest("group: " + Json.quote(name) + " (expected: some of "
                            + String.join(
                                    ",",
                                    possible.stream()
                                            .map(it -> it.name().toLowerCase(Locale.ROOT))
                                            .sorted()
                                            .toList())
                            + ")")));
        }
        if (by.contains(By.HOUR) && by.contains(By.DAY)) {
            throw new BadRequest("group: hour and day (expected: one of them)");
        }
        return by;
    }

    private Order order() throws BadRequest {
        return switch (query.values().getOrDefault("sort", "cost")) {
            case "cost" -> Order.COST;
            case "requests" -> Order.REQUESTS;
            case "tokens" -> Order.TOKENS;
            case String other ->
                throw new BadRequest("sort: " + Json.quote(other) + " (expected: cost, requests or tokens)");
        };
    }

    /** What a page of sums gave. */
    @Nullable
    String after() throws BadRequest {
        var after = query.values().get("after");
        if (after != null && !after.matches("[0-9]{1,18}(\\.[0-9]{1,9}){5}")) {
            throw new BadRequest("after: " + Json.quote(after) + " (expected: what a page gave as next)");
        }
        return after;
    }
}

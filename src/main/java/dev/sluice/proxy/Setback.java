package dev.sluice.proxy;

import dev.sluice.provider.UpstreamFailure;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/**
 * An attempt that brought no answer, and what that says about the next one.
 *
 * @param mayAskAgain whether the same provider may be asked again: not one that was silent, and not one that says no
 * @param retryAfter  what the provider asks to wait before; null when it does not say
 */
record Setback(boolean mayAskAgain, @Nullable Duration retryAfter) {
    /** Its own trouble or its own limit. Anything else is its answer to this request, and would be the same again. */
    private static final Set<Integer> STATUSES = Set.of(429, 500, 502, 503, 529);

    /** What {@code retry-after} may hold, in seconds; more means that nobody should wait for it here. */
    private static final long MAX_SECONDS = 86_400;

    /** Of an answer's head; empty when it is an answer to pass on. */
    static Optional<Setback> of(HttpResponse answer, Instant now) {
        if (!STATUSES.contains(answer.status().intValue())) {
            return Optional.empty();
        }
        var isFinal = "false".equalsIgnoreCase(header(answer, "x-should-retry"));
        return Optional.of(new Setback(!isFinal, wait(answer, now)));
    }

    /** Of a failure; empty when another attempt would be for nobody. */
    static Optional<Setback> of(UpstreamFailure failure) {
        return switch (failure.kind()) {
            case UNREACHABLE -> Optional.of(new Setback(true, null));
            case TIMEOUT, OVERLOADED -> Optional.of(new Setback(false, null));
            case ABANDONED -> Optional.empty();
        };
    }

    private static @Nullable Duration wait(HttpResponse answer, Instant now) {
        var millis = number(header(answer, "retry-after-ms"));
        if (millis != null) {
            return Duration.ofMillis((long) Math.ceil(Math.min(millis, MAX_SECONDS * 1e3)));
        }
        var text = header(answer, "retry-after");
        var seconds = number(text);
        if (seconds != null) {
            return Duration.ofMillis((long) Math.ceil(Math.min(seconds, MAX_SECONDS) * 1e3));
        }
        return text == null ? null : until(text, now);
    }

    private static @Nullable Double number(@Nullable String text) {
        try {
            var number = text == null ? Double.NaN : Double.parseDouble(text.strip());
            return number >= 0 ? number : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static @Nullable Duration until(String date, Instant now) {
        try {
            var then = ZonedDateTime.parse(date.strip(), DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
            return then.isBefore(now) ? Duration.ZERO : Duration.between(now, then);
        } catch (DateTimeException e) {
            return null;
        }
    }

    private static @Nullable String header(HttpResponse answer, String name) {
        return answer.getHeader(name).map(HttpHeader::value).orElse(null);
    }
}

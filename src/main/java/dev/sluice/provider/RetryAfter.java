package dev.sluice.provider;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** How long a provider wants to be left alone: {@code retry-after-ms}, else {@code Retry-After} in seconds or as a date. */
public final class RetryAfter {
    /** More is no wait that anybody means. */
    private static final Duration LONGEST = Duration.ofDays(1);

    private RetryAfter() {}

    /** Between nothing and a day; empty when the provider does not say, or nothing that can be read. */
    public static Optional<Duration> of(HttpResponse answer, Instant now) {
        return header(answer, "retry-after-ms")
                .flatMap(value -> number(value, 1))
                .or(() -> header(answer, "retry-after")
                        .flatMap(value -> number(value, 1_000).or(() -> until(value, now))));
    }

    private static Optional<String> header(HttpResponse answer, String name) {
        return answer.getHeader(name).map(HttpHeader::value).map(String::strip);
    }

    /** Some providers send fractions. */
    private static Optional<Duration> number(String value, int millis) {
        if (value.isEmpty() || !value.chars().allMatch(c -> (c >= '0' && c <= '9') || c == '.')) {
            return Optional.empty();
        }
        try {
            return Optional.of(Duration.ofMillis(
                    (long) Math.ceil(Math.min(Double.parseDouble(value) * millis, (double) LONGEST.toMillis()))));
        } catch (NumberFormatException _) {
            return Optional.empty();
        }
    }

    private static Optional<Duration> until(String date, Instant now) {
        try {
            var wait = Duration.between(now, DateTimeFormatter.RFC_1123_DATE_TIME.parse(date, Instant::from));
            return Optional.of(wait.isNegative() ? Duration.ZERO : wait.compareTo(LONGEST) > 0 ? LONGEST : wait);
        } catch (DateTimeException _) {
            return Optional.empty();
        }
    }
}

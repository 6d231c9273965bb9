package dev.sluice.provider;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** How long a provider wants to be left alone: {@code Retry-After} in seconds or as a date. */
final class RetryAfter {
    /** More digits are no wait that anybody means. */
    private static final int MAX_DIGITS = 9;

    private RetryAfter() {}

    static Optional<Duration> of(HttpResponse answer, Instant now) {
        return answer.getHeader("retry-after").map(HttpHeader::value).flatMap(value -> of(value.strip(), now));
    }

    private static Optional<Duration> of(String value, Instant now) {
        try {
            if (!value.isEmpty() && value.chars().allMatch(c -> c >= '0' && c <= '9')) {
                return value.length() > MAX_DIGITS
                        ? Optional.of(Duration.ofDays(1))
                        : Optional.of(Duration.ofSeconds(Long.parseLong(value)));
            }
            var at = DateTimeFormatter.RFC_1123_DATE_TIME.parse(value, Instant::from);
            return Optional.of(Duration.between(now, at));
        } catch (DateTimeException _) {
            return Optional.empty();
        }
    }
}

package dev.sluice.config;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Durations as Go writes them: {@code 500ms}, {@code 1m30s}, {@code 1.5h}; {@code 0} needs no unit. Days and beyond have none. */
final class GoDuration {
    private static final Map<String, Long> NANOS = Map.of(
            "ns", 1L,
            "us", 1_000L,
            "µs", 1_000L, // micro sign
            "μs", 1_000L, // Greek mu
            "ms", 1_000_000L,
            "s", 1_000_000_000L,
            "m", 60_000_000_000L,
            "h", 3_600_000_000_000L);

    private static final String PART = "(\\d{1,12}(?:\\.\\d{0,12})?|\\.\\d{1,12})(ns|us|µs|μs|ms|s|m|h)";
    private static final Pattern PARTS = Pattern.compile(PART);
    // The fewest that say everything once; more would only be work.
    private static final Pattern WHOLE = Pattern.compile("(?:" + PART + "){1,8}");

    private GoDuration() {}

    /** Not negative; empty when it is none, or longer than Go's own range, which is 292 years. */
    static Optional<Duration> parse(String text) {
        if (text.equals("0")) {
            return Optional.of(Duration.ZERO);
        }
        if (!WHOLE.matcher(text).matches()) {
            return Optional.empty();
        }
        var nanos = PARTS.matcher(text)
                .results()
                .map(part -> new BigDecimal(part.group(1)).multiply(BigDecimal.valueOf(unit(part.group(2)))))
                .reduce(BigDecimal.ZERO, BigDecimal::add);
        return nanos.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0
                ? Optional.empty()
                : Optional.of(Duration.ofNanos(nanos.longValue()));
    }

    private static long unit(String name) {
        return NANOS.getOrDefault(name, 0L);
    }
}

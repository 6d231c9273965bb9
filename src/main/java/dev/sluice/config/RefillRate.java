package dev.sluice.config;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** How fast money comes back, as people write it: {@code $5.00/day}. */
record RefillRate(long nanos, Duration per, String written) {
    /** What {@link #of} reads, for messages. */
    static final String EXPECTED =
            "\"$<amount>/<unit>\" with a unit of min, hour, day, week, month, and an amount as in " + Dollars.EXPECTED;

    private static final Map<String, Duration> UNITS = Map.of(
            "min", Duration.ofMinutes(1),
            "hour", Duration.ofHours(1),
            "day", Duration.ofDays(1),
            "week", Duration.ofDays(7),
            "month", Duration.ofDays(30));

    private static final Pattern RATE = Pattern.compile("([^/]*)/([a-z]{1,10})");

    static Optional<RefillRate> of(String text) {
        var parts = RATE.matcher(text);
        if (!parts.matches()) {
            return Optional.empty();
        }
        var nanos = Dollars.nanos(parts.group(1));
        var per = UNITS.get(parts.group(2));
        return nanos.isPresent() && per != null
                ? Optional.of(new RefillRate(nanos.getAsLong(), per, text))
                : Optional.empty();
    }
}

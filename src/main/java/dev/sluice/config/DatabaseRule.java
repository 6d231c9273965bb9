package dev.sluice.config;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of requests, and for how long. What they used and cost is always kept.
 *
 * @param retention          null for ever; zero for what must never be written to disk
 * @param requireExport      purge only what was exported
 * @param filterable         headers that are kept to find requests by
 * @param saveRaws           bodies as they came, too
 * @param keepEncryptedBlobs what only the provider can read
 */
public record DatabaseRule(
        @Nullable Duration retention,
        boolean requireExport,
        Set<Purge> purge,
        List<FilterableHeader> filterable,
        boolean saveRaws,
        boolean keepEncryptedBlobs) {
    /** What holds when the document says nothing. */
    public static final DatabaseRule USUAL =
            new DatabaseRule(null, false, Set.of(Purge.CAPTURES), List.of(), false, false);

    static final Duration SHORTEST = Duration.ofHours(1);
    static final Duration LONGEST = Duration.ofDays(3650);

    public DatabaseRule {
        if (retention != null && !isRetention(retention)) {
            throw new IllegalArgumentException(
                    "database.retention.duration: " + retention + " (expected: 0, or 1 hour to 3650 days)");
        }
        purge = Set.copyOf(purge);
        filterable = List.copyOf(filterable);
    }

    /** Whether what is said is written anywhere at all. */
    public boolean keepsCaptures() {
        return retention == null || !retention.isZero();
    }

    static boolean isRetention(Duration duration) {
        return duration.isZero() || (duration.compareTo(SHORTEST) >= 0 && duration.compareTo(LONGEST) <= 0);
    }

    /** What is purged once its time is over. */
    public enum Purge {
        CAPTURES,
        TOOLS
    }

    /** A header that is kept; {@code redactValues} keeps only that it was there. */
    public record FilterableHeader(String name, boolean redactValues) {}
}

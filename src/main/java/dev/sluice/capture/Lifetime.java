package dev.sluice.capture;

import dev.sluice.config.DatabaseRule;
import dev.sluice.config.DatabaseRule.Purge;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;

/**
 * How long what is written now is to live in Cassandra. Where the rule in force purges it by time alone, Cassandra lets it expire; what waits for an
 * export, or for a rule that purges it, has no end of its own and is deleted.
 */
record Lifetime(DatabaseRule rule, Instant now) {
    /** A real one is a date that Cassandra and the driver agree on. */
    static final Instant NEVER = Instant.ofEpochSecond(253_402_300_799L);

    /** A stream that began on a session's day may refer to its parts as long after the day. */
    private static final Duration LONGEST_STREAM = Duration.ofDays(1);

    static LocalDate day(Instant instant) {
        return LocalDate.ofInstant(instant, ZoneOffset.UTC);
    }

    static Instant endOf(LocalDate day) {
        return day.plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant();
    }

    Instant of(Purge kind) {
        return rule.retention() == null || rule.requireExport() || !rule.purge().contains(kind)
                ? NEVER
                : now.plus(rule.retention());
    }

    /** Parts of a session's day: as long as any capture of that day. */
    Instant ofParts(LocalDate day) {
        var retention = rule.retention();
        return retention == null || of(Purge.CAPTURES).equals(NEVER)
                ? NEVER
                : endOf(day).plus(LONGEST_STREAM).plus(retention);
    }

    /** What leads to captures and to tools: as long as either. */
    Instant ofWays(LocalDate day) {
        return of(Purge.TOOLS).equals(NEVER) ? NEVER : ofParts(day);
    }

    /** In seconds, as CQL wants it: 0 for ever. */
    int ttl(Instant expires) {
        return expires.equals(NEVER)
                ? 0
                : (int) Math.max(1, Duration.between(now, expires).toSeconds());
    }
}

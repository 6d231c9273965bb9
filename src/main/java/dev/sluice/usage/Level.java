package dev.sluice.usage;

import java.time.Duration;
import java.time.Instant;

/** How long a period of the roll-ups is; periods are numbered from 1970 on, in UTC, and weeks begin on Mondays. */
enum Level {
    HOUR,
    DAY,
    WEEK;

    private static final int HOURS = 24;
    private static final int DAYS = 7;

    /** 1970-01-01 was a Thursday. */
    private static final int THURSDAY = 3;

    /** The period that an hour, by its number, is in. */
    long of(long hour) {
        return switch (this) {
            case HOUR -> hour;
            case DAY -> Math.floorDiv(hour, HOURS);
            case WEEK -> weekOf(Math.floorDiv(hour, HOURS));
        };
    }

    long of(Instant instant) {
        return of(Math.floorDiv(instant.getEpochSecond(), Duration.ofHours(1).toSeconds()));
    }

    Instant start(long period) {
        return switch (this) {
            case HOUR -> Instant.EPOCH.plus(Duration.ofHours(period));
            case DAY -> Instant.EPOCH.plus(Duration.ofDays(period));
            case WEEK -> Instant.EPOCH.plus(Duration.ofDays(firstDay(period)));
        };
    }

    static long weekOf(long day) {
        return Math.floorDiv(day + THURSDAY, DAYS);
    }

    static long firstDay(long week) {
        return week * DAYS - THURSDAY;
    }
}

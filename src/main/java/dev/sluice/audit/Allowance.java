package dev.sluice.audit;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;

/**
 * Which denials are written down: a few of each login, and not many of all, so that nobody who is denied fills the disk. Safe to share
 * between threads.
 */
final class Allowance {
    /** For each login: so many at once, then one each time this passes. */
    static final int LOGIN_BURST = 10;

    static final Duration LOGIN_PACE = Duration.ofMinutes(6);

    /** For all of them: some megabytes a day at most. No login can use it up for the others. */
    static final int BURST = 1000;

    static final Duration PACE = Duration.ofSeconds(6);

    /** Logins known at a time; who has been quiet the longest is forgotten. */
    static final int LOGINS = 1024;

    /** Time that is used up, as if each denial took its pace; and how many were left out since the last that was not. */
    private static final class Used {
        private Instant until = Instant.MIN;
        private int leftOut;
    }

    private final LinkedHashMap<String, Used> logins = new LinkedHashMap<>(16, 0.75f, true);
    private final Used all = new Used();

    /** How many of this login were left out before this one; below zero if this one is to be left out, too. */
    synchronized int take(String login, Instant now) {
        var used = logins.computeIfAbsent(login, _ -> new Used());
        if (logins.size() > LOGINS) {
            logins.remove(logins.firstEntry().getKey());
        }
        if (!hasRoom(used, LOGIN_BURST, LOGIN_PACE, now) || !hasRoom(all, BURST, PACE, now)) {
            used.leftOut++;
            return -1;
        }
        use(used, LOGIN_PACE, now);
        use(all, PACE, now);
        var leftOut = used.leftOut;
        used.leftOut = 0;
        return leftOut;
    }

    /** What is used up beyond a burst was used by a clock that has been set back since; that must not silence anybody. */
    private static boolean hasRoom(Used used, int burst, Duration pace, Instant now) {
        var most = now.plus(pace.multipliedBy(burst));
        if (used.until.isAfter(most)) {
            used.until = now;
        }
        return !used.until.isAfter(most.minus(pace));
    }

    private static void use(Used used, Duration pace, Instant now) {
        used.until = (used.until.isBefore(now) ? now : used.until).plus(pace);
    }
}

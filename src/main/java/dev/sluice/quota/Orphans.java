package dev.sluice.quota;

import dev.sluice.quota.BucketState.Open;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Which reservations of a bucket have lost their owner, and which of them the witness is being asked about. Kept in memory alone: after
 * a recovery every owner gets a whole expiry to be heard of. Measures time in expiries that passed, so that no clock set forward can
 * declare anyone dead.
 */
final class Orphans {

    /** Questions under way at once: after a crash of a busy node thousands are due, and the witness has other work. */
    static final int ASKED_MAX = 16;

    private static final Duration BACKOFF_MIN = Duration.ofSeconds(1);
    private static final Duration BACKOFF_MAX = Duration.ofSeconds(30);

    private final Set<String> unheard = new HashSet<>();
    private final LinkedHashSet<String> due = new LinkedHashSet<>();
    private final Set<String> asked = new HashSet<>();
    private int failures;

    void recovered(Collection<Open> open, Predicate<Open> isOrphan) {
        due.clear();
        asked.clear();
        unheard.clear();
        for (var reservation : open) {
            (isOrphan.test(reservation) ? due : unheard).add(reservation.id());
        }
    }

    void renewed(List<String> ids) {
        ids.forEach(id -> {
            unheard.remove(id);
            due.remove(id);
            asked.remove(id);
        });
    }

    /** Whoever was not heard of for all of it is an orphan; a question without an answer for so long is asked again. */
    void expiryPassed(Collection<Open> open) {
        due.addAll(asked);
        asked.clear();
        due.addAll(unheard);
        unheard.clear();
        open.forEach(reservation -> unheard.add(reservation.id()));
        unheard.removeAll(due);
    }

    /** The next one to ask about, which then counts as asked. */
    @Nullable
    String next() {
        if (due.isEmpty() || asked.size() >= ASKED_MAX) {
            return null;
        }
        var id = due.removeFirst();
        asked.add(id);
        return id;
    }

    /** Whether this was an answer to a question still standing. */
    boolean answered(String id) {
        failures = 0;
        return asked.remove(id);
    }

    /** How long to wait before asking again. */
    Duration failed(String id) {
        if (asked.remove(id)) {
            due.add(id);
        }
        var delay = BACKOFF_MIN.multipliedBy(1L << Math.min(failures, 5));
        if (asked.isEmpty()) { // the last of its round: a round of sixteen that fails is one failure
            failures++;
        }
        return delay.compareTo(BACKOFF_MAX) > 0 ? BACKOFF_MAX : delay;
    }
}

package dev.sluice.hook;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.OptionalLong;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What is to be delivered, and when what of it may be. Each hook has a box of its own, so that one that is slow or dead holds up nobody else.
 * A hook that fails several times in a row rests: it is asked by one letter at a time, after pauses of its own. Knows no clock and calls nobody.
 */
final class Outbox {
    /** So many failures in a row are no accident. */
    static final int PATIENT_FAILURES = 5;

    /** A hook that is well again is found out within this. */
    private static final long LONGEST_REST = 60_000;

    private static final Comparator<Letter> SOONEST =
            Comparator.<Letter>comparingLong(letter -> letter.due).thenComparingLong(letter -> letter.id);

    /** Letters that others have left behind come late. */
    private static final Comparator<Letter> OLDEST =
            Comparator.<Letter>comparingLong(letter -> letter.created).thenComparingLong(letter -> letter.id);

    private final int inFlight;
    private final int most;
    private final long mostBytes;
    private final Backoff backoff;
    private final Backoff rest;
    private final Map<String, Box> boxes = new HashMap<>();
    private final NavigableSet<Letter> all = new TreeSet<>(OLDEST);

    private long bytes;

    private static final class Box {
        final NavigableSet<Letter> waiting = new TreeSet<>(SOONEST);
        int underWay;
        int failures;
        long restsUntil = Long.MIN_VALUE;
    }

    /**
     * One that is empty.
     *
     * @param inFlight letters to one hook at one time
     * @param most     letters in all, as {@code mostBytes}
     * @param backoff  of one letter
     */
    Outbox(int inFlight, int most, long mostBytes, Backoff backoff) {
        this.inFlight = inFlight;
        this.most = most;
        this.mostBytes = mostBytes;
        this.backoff = backoff;
        this.rest = new Backoff(backoff.firstMillis(), LONGEST_REST, backoff.random());
    }

    int size() {
        return all.size();
    }

    /** Whether nobody has to make room for it, or nobody is there who could. */
    boolean hasRoom(Letter letter) {
        return all.isEmpty() || (all.size() < most && bytes + letter.size <= mostBytes);
    }

    /** Takes a letter; answers those that have to make room for it, the oldest first, which are no longer in here. */
    List<Letter> add(Letter letter) {
        all.add(letter);
        bytes += letter.size;
        box(letter).waiting.add(letter);
        var evicted = new ArrayList<Letter>(0);
        while (all.size() > most || bytes > mostBytes) {
            var oldest = oldest();
            if (oldest == null) {
                break;
            }
            box(oldest).waiting.remove(oldest);
            forget(oldest);
            evicted.add(oldest);
        }
        return evicted;
    }

    /** Of those that nobody is delivering. */
    private @Nullable Letter oldest() {
        for (var letter : all) {
            if (box(letter).waiting.contains(letter)) {
                return letter;
            }
        }
        return null;
    }

    /** One that may be delivered now; {@link #delivered}, {@link #failed} or {@link #gone} ends that. Null when there is none. */
    @Nullable
    Letter next(long now) {
        for (var box : boxes.values()) {
            if (mayCall(box) && now >= box.restsUntil) {
                var first = box.waiting.isEmpty() ? null : box.waiting.first();
                if (first != null && first.due <= now) {
                    box.waiting.remove(first);
                    box.underWay++;
                    return first;
                }
            }
        }
        return null;
    }

    /** Those that have waited for too long, and are no longer in here: a hook that rests tries few letters, and the others grow old all the same. */
    List<Letter> expired(long now, long giveUpAfter) {
        var expired = new ArrayList<Letter>(0);
        for (var letter : all) {
            if (now - letter.created <= giveUpAfter) {
                break;
            }
            if (box(letter).waiting.remove(letter)) {
                expired.add(letter);
            }
        }
        expired.forEach(this::forget);
        return expired;
    }

    /** When there is something to do again if nothing happens before; empty when never. */
    OptionalLong nextDue(long giveUpAfter) {
        var due = boxes.values().stream()
                .filter(box -> mayCall(box) && !box.waiting.isEmpty())
                .mapToLong(box -> Math.max(box.restsUntil, box.waiting.first().due))
                .min();
        var oldest = oldest();
        var expires = oldest == null ? Long.MAX_VALUE : oldest.created + giveUpAfter + 1;
        return oldest == null ? due : OptionalLong.of(Math.min(expires, due.orElse(expires)));
    }

    private boolean mayCall(Box box) {
        return box.underWay < (box.failures >= PATIENT_FAILURES ? 1 : inFlight);
    }

    /** Whether it has failed so often in a row that it is asked by one letter at a time. */
    boolean rests(String hook) {
        var box = boxes.get(hook);
        return box != null && box.failures >= PATIENT_FAILURES;
    }

    void delivered(Letter letter) {
        var box = box(letter);
        box.underWay--;
        box.failures = 0;
        box.restsUntil = Long.MIN_VALUE;
        forget(letter);
    }

    /**
     * It waits for its next turn.
     *
     * @param wait that the hook has asked for, for itself; 0 when it did not
     * @return false when that would be too late: it is given up, and no longer in here
     */
    boolean failed(Letter letter, long now, long wait, long giveUpAfter) {
        var box = box(letter);
        box.underWay--;
        box.failures++;
        letter.attempts++;
        if (box.failures >= PATIENT_FAILURES) {
            box.restsUntil = now + rest.millis(box.failures - PATIENT_FAILURES + 1);
        }
        if (wait > 0) {
            box.restsUntil = Math.max(box.restsUntil, now + wait);
        }
        letter.due = now + Math.max(backoff.millis(letter.attempts), wait);
        if (letter.due - letter.created > giveUpAfter) {
            forget(letter);
            return false;
        }
        box.waiting.add(letter);
        return true;
    }

    /** Nobody could be asked; it waits without having been tried. False as for {@link #failed}. */
    boolean postponed(Letter letter, long now, long wait, long giveUpAfter) {
        var box = box(letter);
        box.underWay--;
        letter.due = now + wait;
        if (letter.due - letter.created > giveUpAfter) {
            forget(letter);
            return false;
        }
        box.waiting.add(letter);
        return true;
    }

    /** It will not be delivered, and that says nothing of its hook. */
    void gone(Letter letter) {
        box(letter).underWay--;
        forget(letter);
    }

    /** Takes out what waits of a queue that is not ours any more; what is under way ends as it does. */
    List<Letter> disown(Tenure tenure) {
        var others = new ArrayList<Letter>();
        for (var letter : all) {
            var place = letter.place;
            if (place != null
                    && place.tenure == tenure
                    && letter.stored
                    && box(letter).waiting.remove(letter)) {
                others.add(letter);
            }
        }
        others.forEach(this::forget);
        return others;
    }

    boolean isIdle() {
        return boxes.values().stream().allMatch(box -> box.underWay == 0);
    }

    private void forget(Letter letter) {
        all.remove(letter);
        bytes -= letter.size;
    }

    private Box box(Letter letter) {
        return boxes.computeIfAbsent(letter.hook, _ -> new Box());
    }
}

package dev.sluice.quota;

import dev.sluice.config.QuotaRule;
import dev.sluice.quota.Change.Defined;
import dev.sluice.quota.QuotaBucket.Acknowledged;
import dev.sluice.quota.QuotaBucket.Granted;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The holder's side of a lease: what is left of a slice, and what its bucket has yet to be told. Knows nothing of actors and clocks. The
 * bucket's side is {@link Lending}; the protocol stands in the card of this room.
 */
final class Slice {

    /** Entries in one report, as many as there are changes in a bucket's event. */
    static final int ENTRIES_MAX = Pending.CHANGES_MAX;

    /** Far below the 256 KiB that a message between nodes may have. */
    static final int REPORT_BYTES_MAX = 160 * 1024;

    /**
     * How long things may take, in nanoseconds.
     *
     * @param validity how long a slice is spent after its holder last sent what the bucket then answered
     * @param idle     without a request for so long, it is given back
     * @param retry    a report without an answer for so long is sent again
     */
    record Terms(long validity, long idle, long retry) {

        /** A sixteenth of a reservation's expiry, while the bucket waits for at least two quarters of it. */
        static Terms of(QuotaSettings settings) {
            var validity = settings.reservationExpiry().toNanos() / 16;
            return new Terms(
                    validity, validity / 2, Math.min(settings.askTimeout().toNanos() / 3, validity / 2));
        }
    }

    /**
     * What is next to be told.
     *
     * @param first the number of the first entry
     * @param last   nothing will follow
     * @param sentAt now
     */
    record Telling(long first, List<Entry> entries, boolean last, long sentAt) {}

    private final long lease;
    private final Defined definition;
    private final Terms terms;
    private final ArrayDeque<Entry> log = new ArrayDeque<>();

    private long granted;
    private long leftNanos;

    /** The latest moment at which the holder sent something that the bucket has answered. */
    private long provenAt;

    private long drawnAt;
    private long acknowledged;
    private int inFlight;
    private long sentAt;
    private boolean isSent;
    private boolean isClosing;
    private boolean isOver;

    /**
     * @param now    by a clock of this process that nobody sets
     */
    Slice(Granted granted, Terms terms, long now) {
        this.lease = granted.lease();
        this.definition = granted.definition();
        this.terms = terms;
        this.granted = granted.nanos();
        this.leftNanos = granted.nanos();
        this.provenAt = granted.askedAt();
        this.drawnAt = now;
        if (!isValid(now)) {
            giveBack();
        }
    }

    long lease() {
        return lease;
    }

    long leftNanos() {
        return leftNanos;
    }

    boolean isValid(long now) {
        return now - provenAt < terms.validity();
    }

    /** Given back, or about to be: what is new goes to the bucket itself. */
    boolean isClosing() {
        return isClosing;
    }

    /** The bucket knows all that there is to be known. */
    boolean isDone() {
        return isOver && log.isEmpty();
    }

    /**
     * Lets a request in, if the slice holds all of its estimate: so no slice is ever overdrawn, and the one request that may overdraw the
     * bucket is let in by the bucket itself.
     */
    boolean draw(String id, long nanos, String memo, QuotaRule rule, long now) {
        if (isClosing || leftNanos <= 0 || leftNanos < nanos || !isValid(now) || !definition.says(rule)) {
            return false;
        }
        leftNanos -= nanos;
        drawnAt = now;
        log.add(new Entry.Drawn(id, nanos, memo));
        return true;
    }

    /** A request is over, wherever it was let in. */
    void end(String id, long nanos) {
        log.add(new Entry.Ended(id, nanos));
    }

    /** From here on nothing is drawn. */
    void giveBack() {
        isClosing = true;
        giveBackTheRest();
    }

    private void giveBackTheRest() {
        if (leftNanos > 0) {
            log.add(new Entry.Returned(leftNanos));
            leftNanos = 0;
        }
    }

    void giveBackIfIdle(long now) {
        if (!isClosing && now - drawnAt >= terms.idle()) {
            giveBack();
        }
    }

    /**
     * What is to be sent now, if anything: one report is under way at a time, and what comes up meanwhile goes with the next one. So the
     * busier a bucket is, the fewer messages it gets a request.
     */
    @Nullable
    Telling tell(long now) {
        if (isSent && now - sentAt < terms.retry()) {
            return null;
        }
        if (!isSent) {
            if (log.isEmpty() && (!isClosing || isOver)) {
                return null;
            }
            inFlight = fitting();
        }
        isSent = true;
        sentAt = now;
        return new Telling(
                acknowledged + 1, log.stream().limit(inFlight).toList(), isClosing && inFlight == log.size(), now);
    }

    /** The last that is heard of this holder: whatever is under way is told again, with all that fits. */
    Telling farewell(long now) {
        giveBack();
        isSent = false;
        var telling = tell(now);
        return telling == null ? new Telling(acknowledged + 1, List.of(), true, now) : telling;
    }

    private int fitting() {
        var bytes = 0;
        var count = 0;
        for (var entry : log) {
            bytes += entry.bytesMax();
            if (count == ENTRIES_MAX || (count > 0 && bytes > REPORT_BYTES_MAX)) {
                break;
            }
            count++;
        }
        return count;
    }

    /** The bucket's journal has it. Returns what it has now and had not before, in order. */
    List<Entry> acknowledge(Acknowledged answer) {
        if (answer.sentAt() - provenAt > 0) {
            provenAt = answer.sentAt();
        }
        var known = new ArrayList<Entry>();
        while (acknowledged < answer.seen() && !log.isEmpty()) {
            known.add(log.remove());
            acknowledged++;
            inFlight--;
        }
        if (isSent && inFlight <= 0 && (!known.isEmpty() || answer.over() || answer.sentAt() == sentAt)) {
            isSent = false;
        }
        if (answer.granted() > granted) {
            leftNanos += answer.granted() - granted;
            granted = answer.granted();
        }
        if (answer.over()) {
            isOver = true;
            isClosing = true;
            leftNanos = 0;
        } else if (answer.recalled()) {
            isClosing = true;
        }
        if (isClosing) {
            giveBackTheRest();
        }
        return known;
    }

    /** The bucket knows nothing of this lease: what it has not acknowledged must be told in other ways. */
    List<Entry> lost() {
        isOver = true;
        isClosing = true;
        leftNanos = 0;
        var lost = List.copyOf(log);
        log.clear();
        return lost;
    }
}

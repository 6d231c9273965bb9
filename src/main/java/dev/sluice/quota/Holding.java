package dev.sluice.quota;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntPredicate;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** One request's money, from asking to its end. Any thread may settle or release it; the rest is the desk's alone. */
final class Holding implements Quota.Reservation {
    /** What each bucket has said. */
    private static final byte HELD = 1;

    private static final byte REFUSED = 2;
    private static final byte RECORDED = 4;
    private static final byte CLOSED = 8;

    /** A report will tell the end. */
    private static final byte ENTERED = 16;

    /** Let in without it: that counts as held and as recorded. */
    private static final byte GRACED = 32;

    /** Let in from its slice, and a report will tell so. */
    private static final byte DRAWN = 64;

    final Quota.Request request;
    final CompletableFuture<Quota.Verdict> verdict = new CompletableFuture<>();
    final CompletableFuture<Done> recorded = new CompletableFuture<>();
    final CompletableFuture<Done> closed = new CompletableFuture<>();

    private final ActorRef<Desk.Message> desk;
    private final AtomicBoolean closing = new AtomicBoolean();

    private final byte[] said;
    private int unanswered;
    private int unrecorded;
    private @Nullable List<QuotaBucket.Refused> refusals;

    /** By bucket, until its journal knows of this request. */
    private Outages.@Nullable Grace @Nullable [] graces;

    private long graceNanos;

    /** Whether anybody counts what it costs. */
    private volatile boolean isGraced;

    @Nullable
    String failure;

    /** In ticks of the desk. */
    long deadline;

    /** One that refused may have heard the question a second time, and let it in: it is told the end like the others. */
    boolean isAskedAgain;

    boolean isOverdue;

    /** Of one that is to be held all the same. */
    @Nullable
    CompletableFuture<Done> insisted;

    long retryAt;
    int attempts;
    long costNanos = Desk.RELEASE;

    Holding(Quota.Request request, ActorRef<Desk.Message> desk) {
        this.request = request;
        this.desk = desk;
        said = new byte[request.buckets().size()];
        unanswered = said.length;
        unrecorded = said.length;
        graceNanos = Math.min(request.estimateNanos(), Desk.NANOS_MAX);
    }

    @Override
    public CompletionStage<Done> recorded() {
        return recorded;
    }

    @Override
    public CompletionStage<Done> insist() {
        if (closed.isDone()) {
            return closed;
        }
        var completes = new CompletableFuture<Done>();
        desk.tell(new Desk.Insist(this, completes));
        return completes;
    }

    @Override
    public void cost(long nanos) {
        if (isGraced) {
            desk.tell(new Desk.Cost(this, Math.clamp(nanos, 0, Desk.NANOS_MAX)));
        }
    }

    @Override
    public CompletionStage<Done> settle(long nanos) {
        if (nanos < 0) {
            throw new IllegalArgumentException("cost of " + request.requestId() + ": " + nanos + " (expected: >= 0)");
        }
        return close(Math.min(nanos, Desk.NANOS_MAX));
    }

    @Override
    public CompletionStage<Done> release() {
        return close(Desk.RELEASE);
    }

    /** The first to say how it ended is heard. */
    private CompletionStage<Done> close(long nanos) {
        if (closing.compareAndSet(false, true)) {
            desk.tell(new Desk.Close(this, nanos));
        }
        return closed;
    }

    // --- what the buckets said

    void held(String bucket) {
        answered(bucket, HELD);
    }

    /** Let in from a slice of it. */
    void drawn(int bucket) {
        said[bucket] |= HELD | DRAWN;
        unanswered--;
    }

    /** The report will not come. */
    void undrawn(String bucket) {
        clear(bucket, DRAWN);
    }

    void refused(QuotaBucket.Refused refusal) {
        if (answered(refusal.empty().bucket(), REFUSED)) {
            if (refusals == null) {
                refusals = new ArrayList<>(said.length);
            }
            refusals.add(refusal);
        }
    }

    void failed(String bucket, String why) {
        if (answered(bucket, REFUSED)) {
            failure = why;
        }
    }

    boolean isAnswered() {
        return unanswered == 0;
    }

    boolean hasAnswered(int bucket) {
        return (said[bucket] & (HELD | REFUSED)) != 0;
    }

    List<QuotaBucket.Refused> refusals() {
        return refusals == null ? List.of() : refusals;
    }

    private boolean answered(String bucket, byte answer) {
        var i = indexOf(bucket);
        if (i < 0 || hasAnswered(i)) {
            return false;
        }
        said[i] |= answer;
        unanswered--;
        return true;
    }

    void recorded(String bucket) {
        var i = indexOf(bucket);
        if (i >= 0 && (said[i] & RECORDED) == 0) {
            said[i] |= RECORDED;
            book(i);
            if ((said[i] & GRACED) == 0) {
                needNotWait();
            }
        }
    }

    private void needNotWait() {
        unrecorded--;
        if (unrecorded == 0) {
            recorded.complete(Done.getInstance());
            if (insisted != null) {
                insisted.complete(Done.getInstance());
            }
        }
    }

    boolean isRecorded() {
        return unrecorded == 0;
    }

    boolean isRecorded(int bucket) {
        return (said[bucket] & (RECORDED | GRACED)) != 0;
    }

    void closed(String bucket) {
        var i = indexOf(bucket);
        if (i >= 0) {
            said[i] |= CLOSED;
            book(i);
        }
    }

    // --- without a bucket

    /** What counts against a grace: the worst case, and once it is over, what it cost. */
    long graceNanos() {
        return graceNanos;
    }

    void graced(int bucket, Outages.Grace grace) {
        if (!hasAnswered(bucket)) {
            said[bucket] |= HELD;
            unanswered--;
        }
        said[bucket] |= GRACED;
        if (graces == null) {
            graces = new Outages.Grace[said.length];
        }
        graces[bucket] = grace;
        isGraced = true;
        needNotWait();
    }

    /** Let in without it, and it does not know. */
    boolean isUnbooked(int bucket) {
        return grace(bucket) != null;
    }

    private Outages.@Nullable Grace grace(int bucket) {
        return graces == null ? null : graces[bucket];
    }

    private void book(int bucket) {
        var grace = grace(bucket);
        if (graces != null && grace != null) {
            grace.booked(graceNanos);
            graces[bucket] = null;
        }
    }

    void costs(long nanos) {
        for (var i = 0; i < said.length; i++) {
            var grace = grace(i);
            if (grace != null) {
                grace.costs(graceNanos, nanos);
            }
        }
        graceNanos = nanos;
    }

    void ends(long cost) {
        costNanos = cost;
        costs(Math.max(cost, 0));
    }

    /** Whether it does not know of this request, as far as is known here, and no report is to tell it. */
    boolean isToBeAsked(int bucket) {
        return !hasAnswered(bucket) || (isUnbooked(bucket) && (said[bucket] & DRAWN) == 0);
    }

    /** Whether one of these has not booked it. */
    boolean isUnbookedIn(Set<String> buckets) {
        return isIn(buckets, this::isUnbooked);
    }

    /** Whether one of these is to be told the end. */
    boolean isOpenIn(Set<String> buckets) {
        return isIn(buckets, this::isOpen);
    }

    private boolean isIn(Set<String> buckets, IntPredicate wanted) {
        for (var i = 0; i < said.length; i++) {
            if (wanted.test(i) && buckets.contains(request.buckets().get(i).name())) {
                return true;
            }
        }
        return false;
    }

    // --- its end

    /** Whether this bucket may hold money and has not confirmed the end: one that refused holds none, a silent one might. */
    boolean isOpen(int bucket) {
        return (said[bucket] & CLOSED) == 0 && (isAskedAgain || (said[bucket] & REFUSED) == 0);
    }

    boolean isEntered(int bucket) {
        return (said[bucket] & ENTERED) != 0;
    }

    void enter(int bucket) {
        said[bucket] |= ENTERED;
    }

    /** The report will not come. */
    void strike(String bucket) {
        clear(bucket, ENTERED);
    }

    private void clear(String bucket, byte flag) {
        var i = indexOf(bucket);
        if (i >= 0) {
            said[i] &= (byte) ~flag;
        }
    }

    boolean isClosed() {
        for (var i = 0; i < said.length; i++) {
            if (isOpen(i)) {
                return false;
            }
        }
        return true;
    }

    private int indexOf(String bucket) {
        var buckets = request.buckets();
        for (var i = 0; i < buckets.size(); i++) {
            if (buckets.get(i).name().equals(bucket)) {
                return i;
            }
        }
        return -1;
    }
}

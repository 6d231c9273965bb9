package dev.sluice.quota;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.sluice.cluster.JsonSerializable;
import dev.sluice.config.QuotaRule;
import dev.sluice.quota.Change.Defined;
import dev.sluice.quota.Change.Expired;
import dev.sluice.quota.Change.Leased;
import dev.sluice.quota.Change.Refilled;
import dev.sluice.quota.Change.Released;
import dev.sluice.quota.Change.Reserved;
import dev.sluice.quota.Change.Settled;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What happened to a bucket, summed up. Knows nothing of actors, clocks or journals: applied to the same changes, it is the same.
 *
 * <p>Changed in place, against the custom that state is immutable: it holds thousands of ids, and copying them for every request would
 * cost more than everything else the request does. The entity keeps it to itself, and handles no command while it is being written.
 */
final class BucketState implements JsonSerializable {

    /** Reservations open at once in one bucket; each is memory here, on disk and in every renewal. */
    static final int OPEN_MAX = 100_000;

    /** Leases kept that are over: more than can still be under way, for each holder knows of its last one. */
    static final int OVER_MAX = 64;

    /** Money set aside for a request under way. */
    record Open(String id, long nanos, String owner, String memo) {}

    /** The state as it lies on disk. */
    record Snapshot(
            @Nullable Defined definition,
            Balance balance,
            long spentNanos,
            List<Open> open,
            List<RecentIds.Second> closed,
            List<RecentIds.Second> expired,
            @Nullable List<Leased> leases) {}

    private static final Balance NOTHING = new Balance(0, 0, Instant.EPOCH);
    private static final Refill DRY = new Refill(0, 0, 1);

    private final LinkedHashMap<String, Open> open = new LinkedHashMap<>();
    private final TreeMap<Long, Leased> leases = new TreeMap<>();
    private final RecentIds closed;
    private final RecentIds expired;
    private @Nullable Defined definition;
    private Refill refill = DRY;
    private Balance balance = NOTHING;
    private long reservedNanos;
    private long leasedNanos;
    private long spentNanos;

    BucketState() {
        closed = new RecentIds();
        expired = new RecentIds();
    }

    private BucketState(Snapshot snapshot) {
        closed = RecentIds.of(snapshot.closed());
        expired = RecentIds.of(snapshot.expired());
        definition = snapshot.definition();
        refill = definition == null ? DRY : Refill.of(definition);
        balance = snapshot.balance();
        spentNanos = snapshot.spentNanos();
        snapshot.open().forEach(this::hold);
        if (snapshot.leases() != null) { // of before there were any
            snapshot.leases().forEach(this::lease);
        }
    }

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    static BucketState of(Snapshot snapshot) {
        return new BucketState(snapshot);
    }

    @JsonValue
    Snapshot snapshot() {
        return new Snapshot(
                definition,
                balance,
                spentNanos,
                List.copyOf(open.values()),
                closed.list(),
                expired.list(),
                List.copyOf(leases.values()));
    }

    // --- what happened

    void apply(Batch batch) {
        batch.changes().forEach(change -> apply(change, batch.at()));
    }

    void apply(Change change, Instant at) {
        switch (change) {
            case Defined defined -> define(defined, at);
            case Reserved(var id, var nanos, var owner, var memo) -> hold(new Open(id, nanos, owner, memo));
            case Settled(var id, var nanos) -> close(id, nanos, closed, at);
            case Released(var id) -> close(id, 0, closed, at);
            case Expired(var id, var nanos) -> close(id, nanos, expired, at);
            case Refilled(var nanos) -> add(nanos, at);
            case Leased leased -> lease(leased);
        }
    }

    /**
     * What was spent stays spent: the bucket is as far below its new capacity as it was below the old one. So a definition that goes
     * back and forth neither makes nor destroys money, beyond the fraction of a nanodollar that is dropped here.
     */
    private void define(Defined defined, Instant at) {
        var next = Refill.of(defined);
        if (definition == null) {
            balance = next.full(at).less(spentNanos);
        } else {
            var old = refill.evaluate(balance, at);
            var spent = refill.capacityNanos() - old.nanos();
            balance = new Balance(Math.max(next.capacityNanos() - spent, Balance.DEBT_MAX), 0, old.at());
        }
        definition = defined;
        refill = next;
    }

    private void hold(Open reservation) {
        var replaced = open.put(reservation.id(), reservation);
        reservedNanos += reservation.nanos() - (replaced == null ? 0 : replaced.nanos());
    }

    private void lease(Leased leased) {
        var replaced = leases.put(leased.lease(), leased);
        leasedNanos += leased.nanos() - (replaced == null ? 0 : replaced.nanos());
        if (leased.over()) {
            forgetLeases();
        }
    }

    /** The oldest that are over. The latest stays whatever it is, so that no number is given twice. */
    private void forgetLeases() {
        var over = leases.values().stream().filter(Leased::over).count();
        if (over > OVER_MAX) {
            leases.values().stream()
                    .filter(Leased::over)
                    .findFirst()
                    .map(Leased::lease)
                    .ifPresent(leases::remove);
        }
    }

    /** The one place where money leaves: whatever was charged for this id before is given back first. */
    private void close(String id, long nanos, RecentIds memory, Instant at) {
        var reservation = open.remove(id);
        if (reservation != null) {
            reservedNanos -= reservation.nanos();
        }
        var charged = expired.remove(id);
        add(charged - nanos, at);
        spentNanos += nanos - charged;
        memory.add(id, nanos, at);
    }

    private void add(long nanos, Instant at) {
        if (nanos == 0) {
            return;
        }
        var now = refill.evaluate(balance, at);
        var missing = refill.capacityNanos() - now.nanos();
        balance = nanos >= missing ? refill.full(now.at()) : now.less(-nanos);
    }

    // --- what follows from it

    /** No decision is dated before this: time stands still while a clock is set back. */
    Instant lastChargeAt() {
        return balance.at();
    }

    boolean isDefined() {
        return definition != null;
    }

    /** One that a dead request was charged to may not be defined: it would have been, with the reservation that got lost. */
    boolean isKnown() {
        return definition != null || spentNanos != 0;
    }

    boolean isDefinedAs(QuotaRule rule) {
        return definition != null && definition.says(rule);
    }

    boolean isOpen(String id) {
        return open.containsKey(id);
    }

    /** Settled or released, by whoever held it. */
    boolean isClosed(String id) {
        return closed.contains(id);
    }

    boolean isExpired(String id) {
        return expired.contains(id);
    }

    /** One that expired is not free any more, whoever says so later: the session has it at what was charged. A cost may be corrected. */
    boolean isOver(String id) {
        return closed.contains(id) || expired.contains(id);
    }

    boolean isFull() {
        return open.size() >= OPEN_MAX;
    }

    Collection<Open> open() {
        return Collections.unmodifiableCollection(open.values());
    }

    @Nullable
    Open reservation(String id) {
        return open.get(id);
    }

    /**
     * Whether a request is let in. A reservation counts in full even when less is left: the shortfall must refill before anyone else is
     * let in. Were it capped at what is left, a trickle of refill would let in one expensive request after another, each overdrawing.
     */
    boolean admits(long estimateNanos, Instant at) {
        return admits(estimateNanos, availableAt(at));
    }

    /** Whether it would be let in if nothing were leased. */
    boolean wouldAdmit(long estimateNanos, Instant at) {
        return admits(estimateNanos, availableAt(at) + leasedNanos);
    }

    private boolean admits(long estimateNanos, long available) {
        return refill.capacityNanos() > 0 && (isStrict() ? available >= estimateNanos : available > 0);
    }

    /** Of a request that was not let in. */
    Quota.Empty empty(String bucket, long estimateNanos, Instant at) {
        var now = refill.evaluate(balance, at);
        return new Quota.Empty(
                bucket,
                refill.capacityNanos(),
                now.nanos() - reservedNanos - leasedNanos,
                refill.reaches(now, isStrict() ? Math.max(estimateNanos, 1) : 1));
    }

    Quota.Status status(String bucket, Instant at) {
        var nanos = balanceAt(at);
        return new Quota.Status(
                bucket,
                nanos,
                reservedNanos + leasedNanos,
                nanos - reservedNanos - leasedNanos,
                refill.capacityNanos(),
                spentNanos,
                definition == null ? "" : definition.rate(),
                at);
    }

    long balanceAt(Instant at) {
        return refill.evaluate(balance, at).nanos();
    }

    long reservedNanos() {
        return reservedNanos;
    }

    /** Set aside for leases, beside what is reserved. */
    long leasedNanos() {
        return leasedNanos;
    }

    /** Neither spent nor set aside; below zero while a request that was let in by the last of it is under way. */
    long availableAt(Instant at) {
        return balanceAt(at) - reservedNanos - leasedNanos;
    }

    @Nullable
    Defined definition() {
        return definition;
    }

    @Nullable
    Leased lease(long number) {
        return leases.get(number);
    }

    /** The one that this process has now. */
    @Nullable
    Leased leaseOf(String holder) {
        for (var lease : leases.values()) {
            if (!lease.over() && lease.holder().equals(holder)) {
                return lease;
            }
        }
        return null;
    }

    /** Those that are not over. */
    List<Leased> leases() {
        return leases.isEmpty()
                ? List.of()
                : leases.values().stream().filter(lease -> !lease.over()).toList();
    }

    long nextLease() {
        return leases.isEmpty() ? 1 : leases.lastKey() + 1;
    }

    long spentNanos() {
        return spentNanos;
    }

    private boolean isStrict() {
        return definition != null && definition.strict();
    }
}

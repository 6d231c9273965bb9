package dev.sluice.quota;

import dev.sluice.cluster.CborSerializable;
import dev.sluice.config.QuotaRule;
import dev.sluice.quota.Change.Defined;
import dev.sluice.quota.Change.Leased;
import dev.sluice.quota.Change.Refilled;
import dev.sluice.quota.Change.Released;
import dev.sluice.quota.Change.Reserved;
import dev.sluice.quota.Change.Settled;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.persistence.typed.JournalPersistFailed;
import org.apache.pekko.persistence.typed.JournalPersistRejected;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.javadsl.CommandHandlerWithReply;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehaviorWithEnforcedReplies;
import org.apache.pekko.persistence.typed.javadsl.ReplyEffect;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import org.jspecify.annotations.Nullable;

/**
 * One bucket of money. Admits while anything is left; the cost is known, and charged, only afterwards.
 *
 * <p>It runs ahead of its journal: a command is decided on {@link #ahead}, answered at once, and its changes wait in {@link #pending}
 * until the next {@link Flush}, which a busy bucket finds behind a queue of commands: one event for all of them. How a request ended, which
 * nobody waits for, is written with the next reservation, or after {@link #PATIENCE}. While the journal writes, commands are stashed, so once it has written, {@code ahead} is exactly what it holds. When it fails, what was pending is
 * lost as in a crash: those who wait for it are told, an unknown reservation that settles is charged all the same.
 */
final class QuotaBucket extends EventSourcedBehaviorWithEnforcedReplies<QuotaBucket.Command, Batch, BucketState> {
    static final EntityTypeKey<Command> KEY = EntityTypeKey.create(Command.class, "QuotaBucket");

    /** What a persistence id of this entity begins with. The rest is the bucket's name, whatever characters it has. */
    static final String ID_PREFIX = "QuotaBucket|";

    private static final int SNAPSHOTS_KEPT = 2;

    /** Looks at the owners come this often within an expiry; what keeps the entity awake must beat passivation's two minutes. */
    static final int WATCHES_PER_EXPIRY = 4;

    /** Requests that wait for leases to come back; more are refused at once. */
    private static final int PARKED_MAX = 1_000;

    /** Leases are called back so often within the time that a question may take, of which it may use half. */
    private static final int RECALLS_PER_TIMEOUT = 8;

    private static final int RECALLS = RECALLS_PER_TIMEOUT / 2;

    /**
     * What ends has been recorded by the session, so a crash in this time loses nothing; the next request of a busy bucket comes sooner, and
     * saves it a write of its own.
     */
    private static final Duration PATIENCE = Duration.ofMillis(50);

    private static final Duration BACKOFF_MIN = Duration.ofMillis(200);
    private static final Duration BACKOFF_MAX = Duration.ofSeconds(10);
    private static final double BACKOFF_JITTER = 0.1;

    /** What a bucket hears. */
    sealed interface Command extends CborSerializable {}

    /**
     * Answered by {@link Held}, {@link Refused} or {@link Unable}; {@link Journaled} follows the first. Decided at once, unless leases have to
     * be called back for it.
     *
     * @param lease   the one its desk has of this bucket, {@link #WITHOUT_LEASE} or {@link #WITHOUT_LEASES}
     * @param askedAt by the clock of its desk
     */
    record Reserve(
            String id,
            long estimateNanos,
            String owner,
            String memo,
            QuotaRule rule,
            long lease,
            long askedAt,
            ActorRef<Reply> replyTo)
            implements Command {}

    /** Of a desk that would take a lease. */
    static final long WITHOUT_LEASE = -1;

    /** Of a desk that takes none: zero is what is read where an older version says nothing. */
    static final long WITHOUT_LEASES = 0;

    /**
     * What a holder did with its slice. Answered by {@link Acknowledged} when the journal has it.
     *
     * @param first  the number of the first entry
     * @param last   nothing follows, and nothing is left
     * @param sentAt by the holder's clock
     */
    record Report(long lease, long first, List<Entry> entries, boolean last, long sentAt, ActorRef<Reply> replyTo)
            implements Command {}

    /**
     * A request was let in, and its desk does not know what has become of the reservation: it is held, however little is left. Answered by
     * {@link Journaled}. The rule is used only by a bucket that has none.
     */
    record Insist(String id, long nanos, String owner, String memo, QuotaRule rule, ActorRef<Reply> replyTo)
            implements Command {}

    /** Answered by {@link Journaled}. The rule is used only by a bucket that has none. */
    record Settle(String id, long nanos, QuotaRule rule, ActorRef<Reply> replyTo) implements Command {}

    /** Answered by {@link Journaled}; wins against a {@link Reserve} of this id that comes later. */
    record Release(String id, ActorRef<Reply> replyTo) implements Command {}

    /** Another bucket's orphan is charged here too, whether its reservation reached this journal or not. Answered by {@link Charged}. */
    record ChargeToo(String id, long nanos, ActorRef<Answer> replyTo) implements Command {}

    /** Their owner lives. */
    record Renew(List<String> ids) implements Command {}

    record Refill(long nanos, ActorRef<Answer> replyTo) implements Command {}

    record Tell(ActorRef<Answer> replyTo) implements Command {}

    /** Comes through the shard region and does nothing: an entity that hears something is not passivated. */
    record StayAwake() implements Command {}

    /** Passivation and hand-over: writes what is pending first. */
    record Stop() implements Command {}

    private record Flush() implements Command {}

    private record PatienceEnded() implements Command {}

    private record RecallAgain(int times) implements Command {}

    private record Noted(@Nullable Throwable failure) implements Command {}

    private record Watch() implements Command {}

    private record AskWitness() implements Command {}

    private record WitnessSaid(
            String id, long nanos, @Nullable Throwable failure) implements Command {}

    /** What the desk hears of a reservation. */
    sealed interface Reply extends Desk.Message, CborSerializable {}

    record Held(String bucket, String id) implements Reply {}

    record Refused(String id, Quota.Empty empty, Duration retryAfter) implements Reply {}

    record Unable(String bucket, String id, String why) implements Reply {}

    record Journaled(String bucket, List<String> reserved, List<String> closed) implements Reply {}

    record NotJournaled(String bucket, List<String> reserved, List<String> closed) implements Reply {}

    /** The journal has a lease for this node. */
    record Granted(String bucket, long lease, long nanos, Defined definition, long askedAt) implements Reply {}

    /**
     * The journal has what a report said.
     *
     * @param seen     how many entries of the lease it has by now; {@link #UNKNOWN} if the bucket knows no such lease
     * @param granted  all that was ever put into the slice
     * @param over     nothing may be drawn any more
     * @param recalled the rest is to be given back
     */
    record Acknowledged(String bucket, long lease, long seen, long granted, boolean over, boolean recalled, long sentAt)
            implements Reply {}

    static final long UNKNOWN = -1;

    /** The rest is to be given back: somebody else waits for it. */
    record Recalled(String bucket, long lease) implements Reply {}

    /** What someone hears who asks for the state of a bucket. */
    sealed interface Answer extends CborSerializable {}

    record Known(Quota.Status status) implements Answer {}

    record NoSuchBucket() implements Answer {}

    /** The journal holds a charge. */
    record Charged() implements Answer {}

    /**
     * What a bucket needs of the node it runs on.
     *
     * @param incarnation the process; reservations of another one are orphans when there is but one node
     * @param siblings    charges an orphan to the other buckets it is to be charged to
     * @param region      a message to this bucket by way of its shard region
     * @param roster      where it says that it may have something open
     * @param mayLend     whether every node would understand what the journal has when there are leases
     */
    record Surroundings(
            String incarnation,
            Quota.Witness witness,
            InstantSource clock,
            QuotaSettings settings,
            LongAdder orphansCharged,
            Siblings siblings,
            Consumer<Command> region,
            Roster roster,
            BooleanSupplier mayLend) {}

    /** The other buckets of a request. */
    interface Siblings {
        /** Completes with the cost when the journal of each holds it. */
        CompletionStage<Long> charge(String id, Quota.Testimony testimony, String butNot);
    }

    /** Whether the roster has this bucket since it woke. */
    private enum OnRoll {
        NO,
        ASKED,
        YES
    }

    private final String name;
    private final Surroundings surroundings;
    private final ActorContext<Command> context;
    private final TimerScheduler<Command> timers;
    private final Orphans orphans;
    private final Pending pending;
    private final Lending lending = new Lending();
    private final Map<Long, ActorRef<Reply>> holders = new HashMap<>();
    private final BucketState untouched = new BucketState();

    private BucketState ahead = untouched;
    private boolean isRecovered;
    private boolean flushing;
    private boolean waiting;
    private OnRoll onRoll = OnRoll.NO;
    private int watches;
    private List<Reserve> parked = new ArrayList<>();

    static Behavior<Command> create(String name, Surroundings surroundings) {
        return Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new QuotaBucket(name, surroundings, context, timers)));
    }

    private QuotaBucket(
            String name, Surroundings surroundings, ActorContext<Command> context, TimerScheduler<Command> timers) {
        super(
                PersistenceId.ofUniqueId(ID_PREFIX + name),
                SupervisorStrategy.restartWithBackoff(BACKOFF_MIN, BACKOFF_MAX, BACKOFF_JITTER));
        this.name = name;
        this.surroundings = surroundings;
        this.context = context;
        this.timers = timers;
        this.pending = new Pending(name);
        this.orphans = new Orphans();
    }

    @Override
    public BucketState emptyState() {
        return untouched;
    }

    @Override
    public CommandHandlerWithReply<Command, Batch, BucketState> commandHandler() {
        return (state, command) -> switch (command) {
            case Reserve reserve -> onReserve(reserve);
            case Report report -> onReport(report);
            case Insist insist -> onInsist(insist);
            case Settle settle -> onSettle(settle);
            case Release release -> onRelease(release);
            case Renew(var ids) -> onRenew(ids);
            case Refill refill -> onRefill(refill);
            case ChargeToo charge -> onChargeToo(charge);
            case Tell(var replyTo) -> Effect().reply(replyTo, answer());
            case StayAwake() -> Effect().noReply();
            case Flush() -> flush();
            case PatienceEnded() -> onPatienceEnded();
            case RecallAgain(var times) -> onRecallAgain(times);
            case Noted(var failure) -> onNoted(failure);
            case Watch() -> onWatch();
            case AskWitness() -> askWitness();
            case WitnessSaid said -> onWitnessSaid(said);
            case Stop() -> onStop();
        };
    }

    @Override
    public EventHandler<BucketState, Batch> eventHandler() {
        return (state, batch) -> {
            if (isRecovered) {
                return ahead; // changed when it was decided
            }
            // The empty state is shared by all recoveries of this behavior, so it is never the one that
            // changes.
            var replayed = state == untouched ? new BucketState() : state;
            replayed.apply(batch);
            return replayed;
        };
    }

    @Override
    public SignalHandler<BucketState> signalHandler() {
        return newSignalHandlerBuilder()
                .onSignal(RecoveryCompleted.class, (state, signal) -> onRecovered(state))
                .onSignal(JournalPersistFailed.class, (state, signal) -> onJournalFailed(signal.failure()))
                .onSignal(JournalPersistRejected.class, (state, signal) -> onJournalFailed(signal.failure()))
                .onSignal(PostStop.class, (state, signal) -> {
                    pending.fail();
                    refuseParked();
                })
                .build();
    }

    @Override
    public RetentionCriteria retentionCriteria() {
        return RetentionCriteria.snapshotEvery(surroundings.settings().snapshotEvery(), SNAPSHOTS_KEPT)
                .withDeleteEventsOnSnapshot();
    }

    // --- money

    private ReplyEffect<Batch, BucketState> onReserve(Reserve reserve) {
        lending.estimated(reserve.estimateNanos());
        reserve(reserve, true);
        return flushSoon();
    }

    private void reserve(Reserve reserve, boolean mayWait) {
        var id = reserve.id();
        if (ahead.isOver(id)) {
            reserve.replyTo().tell(new Unable(name, id, "request " + id + " is over"));
            return;
        }
        if (!ahead.isOpen(id)) {
            var now = now();
            if (!ahead.isDefinedAs(reserve.rule())) {
                change(Defined.of(reserve.rule()), now);
                recall();
            }
            if (!ahead.admits(reserve.estimateNanos(), now)) {
                refuseOrPark(reserve, mayWait, now);
                return;
            }
            if (ahead.isFull()) {
                reserve.replyTo().tell(new Unable(name, id, BucketState.OPEN_MAX + " reservations are open"));
                return;
            }
            change(new Reserved(id, reserve.estimateNanos(), reserve.owner(), reserve.memo()), now);
            lendTo(reserve, now);
        }
        // Told here and not by an effect: the verdict must not wait for the write that this command may cause.
        reserve.replyTo().tell(new Held(name, id));
        pending.awaitReserved(id, reserve.replyTo());
    }

    /** Nobody is refused because of money that lies idle on another node. */
    private void refuseOrPark(Reserve reserve, boolean mayWait, Instant now) {
        if (mayWait && parked.size() < PARKED_MAX && ahead.wouldAdmit(reserve.estimateNanos(), now)) {
            parked.add(reserve);
            recall();
        } else {
            reserve.replyTo().tell(refusal(reserve, now));
        }
    }

    private Refused refusal(Reserve reserve, Instant now) {
        var empty = ahead.empty(name, reserve.estimateNanos(), now);
        return new Refused(reserve.id(), empty, RetryAfter.of(now, empty.positiveAt()));
    }

    private ReplyEffect<Batch, BucketState> onInsist(Insist insist) {
        var id = insist.id();
        if (!ahead.isOpen(id) && !ahead.isOver(id)) {
            if (ahead.isFull()) {
                return Effect().noReply(); // it is asked for again
            }
            var now = now();
            if (!ahead.isDefined()) {
                change(Defined.of(insist.rule()), now);
            }
            change(new Reserved(id, insist.nanos(), insist.owner(), insist.memo()), now);
        }
        pending.awaitReserved(id, insist.replyTo());
        return flushSoon();
    }

    private ReplyEffect<Batch, BucketState> onSettle(Settle settle) {
        if (!ahead.isClosed(settle.id())) {
            var now = now();
            if (!ahead.isDefined()) {
                change(Defined.of(settle.rule()), now);
            }
            change(new Settled(settle.id(), settle.nanos()), now);
        }
        pending.awaitClosed(settle.id(), settle.replyTo());
        return flushLater();
    }

    private ReplyEffect<Batch, BucketState> onRelease(Release release) {
        if (!ahead.isOver(release.id())) {
            change(new Released(release.id()), now());
        }
        pending.awaitClosed(release.id(), release.replyTo());
        return flushLater();
    }

    private ReplyEffect<Batch, BucketState> onRefill(Refill refill) {
        if (!ahead.isDefined()) {
            return Effect().reply(refill.replyTo(), new NoSuchBucket());
        }
        change(new Refilled(refill.nanos()), now());
        pending.afterwards(() -> refill.replyTo().tell(answer()));
        return flushSoon();
    }

    private ReplyEffect<Batch, BucketState> onChargeToo(ChargeToo charge) {
        var id = charge.id();
        if (!ahead.isOver(id)) {
            change(new Change.Expired(id, Math.clamp(charge.nanos(), 0, Desk.NANOS_MAX)), now());
        }
        pending.afterwards(() -> charge.replyTo().tell(new Charged()));
        return flushSoon();
    }

    private Answer answer() {
        return ahead.isKnown() ? new Known(ahead.status(name, now())) : new NoSuchBucket();
    }

    // --- leases

    /** A node that asks often gets a slice of its own; this one does not, since nothing is nearer than here. */
    private void lendTo(Reserve reserve, Instant now) {
        var owner = reserve.owner();
        if (reserve.lease() != WITHOUT_LEASE || owner.equals(surroundings.incarnation())) {
            return;
        }
        var lease = ahead.leaseOf(owner);
        if (lease == null) {
            lease = lending.isHot(owner, now) && surroundings.mayLend().getAsBoolean() ? lend(owner, now) : null;
        }
        var definition = ahead.definition();
        if (lease != null && definition != null && lease.seen() == 0) { // or it was told, and has not heard it yet
            var granted = new Granted(name, lease.lease(), lease.granted(), definition, reserve.askedAt());
            holders.put(lease.lease(), reserve.replyTo());
            lending.heard(lease.lease());
            pending.afterwards(() -> reserve.replyTo().tell(granted));
        }
    }

    private @Nullable Leased lend(String owner, Instant now) {
        var nanos = lending.first(ahead, now);
        if (nanos == 0) {
            return null;
        }
        var leased = new Leased(ahead.nextLease(), owner, nanos, nanos, 0, false);
        change(leased, now);
        return leased;
    }

    private ReplyEffect<Batch, BucketState> onReport(Report report) {
        var before = ahead.lease(report.lease());
        var now = now();
        var recalled = lending.take(ahead, report, now, change -> change(change, now));
        var lease = ahead.lease(report.lease());
        if (before != null && before.over()) {
            context.getLog()
                    .atWarn()
                    .addKeyValue("bucket", name)
                    .addKeyValue("holder", before.holder())
                    .addKeyValue("entries", report.entries().size())
                    .log("a holder whose lease was over is heard of again; what it let in is charged");
        }
        if (lease != null && !lease.over()) {
            holders.put(lease.lease(), report.replyTo());
        } else {
            holders.remove(report.lease());
        }
        var isHere = lease != null && lease.holder().equals(surroundings.incarnation());
        var answer = lease == null
                ? new Acknowledged(name, report.lease(), UNKNOWN, 0, true, false, report.sentAt())
                : new Acknowledged(
                        name,
                        lease.lease(),
                        lease.seen(),
                        lease.granted(),
                        lease.over(),
                        recalled || isHere,
                        report.sentAt());
        pending.afterwards(() -> report.replyTo().tell(answer));
        unparkIfAllIsBack();
        return report.entries().stream().anyMatch(Entry.Drawn.class::isInstance) || report.last()
                ? flushSoon()
                : flushLater();
    }

    private void recall() {
        if (!lending.isRecalling() && !ahead.leases().isEmpty()) {
            lending.recall();
            tellHolders();
            timers.startSingleTimer(new RecallAgain(1), recallPause());
        }
    }

    private void tellHolders() {
        for (var lease : ahead.leases()) {
            var holder = holders.get(lease.lease());
            if (holder != null) {
                holder.tell(new Recalled(name, lease.lease()));
            }
        }
    }

    /** Whoever is silent keeps its slice until it is forfeited; those who wait cannot wait that long. */
    private ReplyEffect<Batch, BucketState> onRecallAgain(int times) {
        if (!lending.isRecalling()) {
            return Effect().noReply();
        }
        if (times < RECALLS) {
            tellHolders();
            timers.startSingleTimer(new RecallAgain(times + 1), recallPause());
            return Effect().noReply();
        }
        unpark();
        return flushSoon();
    }

    private Duration recallPause() {
        return surroundings.settings().askTimeout().dividedBy(RECALLS_PER_TIMEOUT);
    }

    private void unparkIfAllIsBack() {
        if (lending.isRecalling() && ahead.leasedNanos() == 0) {
            unpark();
        }
    }

    private void unpark() {
        lending.recalled(now());
        var waited = parked;
        parked = new ArrayList<>();
        waited.forEach(reserve -> reserve(reserve, false));
    }

    private void refuseParked() {
        var waited = parked;
        parked = new ArrayList<>();
        waited.forEach(reserve ->
                reserve.replyTo().tell(new Unable(name, reserve.id(), "the bucket stopped before leases were back")));
    }

    /** What a dead holder had goes back; what it drew are reservations, and the witness knows what has become of them. */
    private void forfeitSilent() {
        for (var forfeited : lending.look(ahead)) {
            change(forfeited, now());
            holders.remove(forfeited.lease());
            context.getLog()
                    .atWarn()
                    .addKeyValue("bucket", name)
                    .addKeyValue("holder", forfeited.holder())
                    .log("took back the slice of a holder that fell silent");
        }
        unparkIfAllIsBack();
    }

    // --- journal

    private void change(Change change, Instant now) {
        ahead.apply(change, now);
        pending.add(change, now);
    }

    /** All that is pending happened at one instant, and none of it before the last charge. */
    private Instant now() {
        if (!pending.isEmpty()) {
            return pending.at();
        }
        var now = surroundings.clock().instant();
        return now.isBefore(ahead.lastChargeAt()) ? ahead.lastChargeAt() : now;
    }

    private ReplyEffect<Batch, BucketState> flushSoon() {
        if (pending.isEmpty()) {
            pending.acknowledge();
        } else if (pending.isFull()) {
            return flush();
        } else if (!flushing) {
            flushing = true;
            context.getSelf().tell(new Flush());
        }
        return Effect().noReply();
    }

    private ReplyEffect<Batch, BucketState> flushLater() {
        if (pending.isEmpty() || pending.isFull()) {
            return flushSoon();
        }
        if (!flushing && !waiting) {
            waiting = true;
            timers.startSingleTimer(new PatienceEnded(), PATIENCE);
        }
        return Effect().noReply();
    }

    private ReplyEffect<Batch, BucketState> onPatienceEnded() {
        waiting = false;
        return flush();
    }

    private ReplyEffect<Batch, BucketState> flush() {
        flushing = false;
        if (pending.isEmpty() || !isEntered()) {
            return Effect().noReply();
        }
        return write();
    }

    private ReplyEffect<Batch, BucketState> write() {
        return Effect().persist(pending.take()).thenRun(pending::acknowledge).thenNoReply();
    }

    /** Whoever wakes buckets after a death must find this one, so it is in the roster before the journal has what it holds. */
    private boolean isEntered() {
        if (onRoll == OnRoll.NO) {
            var noted = surroundings.roster().wakes(name, lastSequenceNumber(context));
            var future = noted.toCompletableFuture();
            if (future.isDone() && !future.isCompletedExceptionally()) {
                onRoll = OnRoll.YES;
            } else {
                onRoll = OnRoll.ASKED;
                context.pipeToSelf(noted, (_, failure) -> new Noted(failure));
            }
        }
        return onRoll == OnRoll.YES;
    }

    /** One that could not be entered goes on, and tries again with its next event: if the journal fails, too, that ends what is pending. */
    private ReplyEffect<Batch, BucketState> onNoted(@Nullable Throwable failure) {
        onRoll = failure == null ? OnRoll.YES : OnRoll.NO;
        return pending.isEmpty() ? Effect().noReply() : write();
    }

    private ReplyEffect<Batch, BucketState> onStop() {
        unpark();
        if (pending.isEmpty()) {
            rest();
            return Effect().stop().thenNoReply();
        }
        var _ = isEntered();
        return Effect()
                .persist(pending.take())
                .thenRun(pending::acknowledge)
                .thenRun(this::rest)
                .thenStop()
                .thenNoReply();
    }

    private void rest() {
        if (onRoll != OnRoll.NO && ahead.open().isEmpty() && ahead.leases().isEmpty()) {
            surroundings.roster().rests(name, lastSequenceNumber(context));
        }
    }

    private void onJournalFailed(Throwable failure) {
        context.getLog()
                .atWarn()
                .addKeyValue("bucket", name)
                .setCause(failure)
                .log("the journal failed a quota bucket");
        isRecovered = false; // it starts again, on this very object
        flushing = false;
        waiting = false;
        pending.fail();
        refuseParked();
    }

    // --- owners

    private void onRecovered(BucketState state) {
        ahead = state == untouched ? new BucketState() : state;
        isRecovered = true;
        waiting = false;
        watches = 0; // else an owner would have the rest of an expiry, and not a whole one
        lending.recovered();
        holders.clear();
        onRoll = OnRoll.NO;
        orphans.recovered(
                ahead.open(),
                reservation -> surroundings.settings().singleNode()
                        && !reservation.owner().equals(surroundings.incarnation()));
        timers.startTimerWithFixedDelay(
                new Watch(), surroundings.settings().reservationExpiry().dividedBy(WATCHES_PER_EXPIRY));
        context.getSelf().tell(new AskWitness());
    }

    private ReplyEffect<Batch, BucketState> onRenew(List<String> ids) {
        orphans.renewed(ids);
        return Effect().noReply();
    }

    private ReplyEffect<Batch, BucketState> onWatch() {
        forfeitSilent();
        if (!ahead.open().isEmpty() || !ahead.leases().isEmpty()) {
            surroundings.region().accept(new StayAwake());
        }
        watches++;
        if (watches % WATCHES_PER_EXPIRY == 0) {
            orphans.expiryPassed(ahead.open());
        }
        askWitness();
        return pending.isEmpty() ? Effect().noReply() : flushSoon();
    }

    private ReplyEffect<Batch, BucketState> askWitness() {
        for (var id = orphans.next(); id != null; id = orphans.next()) {
            var reservation = ahead.reservation(id);
            if (reservation == null) {
                orphans.answered(id);
            } else {
                ask(reservation);
            }
        }
        return Effect().noReply();
    }

    private void ask(BucketState.Open reservation) {
        var id = reservation.id();
        context.pipeToSelf(
                testimony(reservation), (cost, failure) -> new WitnessSaid(id, cost == null ? 0 : cost, failure));
    }

    /**
     * The siblings come first: were this one charged before them, and the node died in between, nobody would be left to remind them.
     */
    private CompletionStage<Long> testimony(BucketState.Open reservation) {
        try {
            return surroundings
                    .witness()
                    .costOf(reservation.id(), reservation.memo(), reservation.nanos())
                    .thenCompose(testimony -> surroundings.siblings().charge(reservation.id(), testimony, name));
        } catch (RuntimeException e) { // another room's; it must not take the bucket with it
            return CompletableFuture.failedStage(e);
        }
    }

    private ReplyEffect<Batch, BucketState> onWitnessSaid(WitnessSaid said) {
        if (said.failure() != null) {
            var delay = orphans.failed(said.id());
            timers.startSingleTimer(new AskWitness(), delay);
            context.getLog()
                    .atWarn()
                    .addKeyValue("bucket", name)
                    .addKeyValue("requestId", said.id())
                    .setCause(said.failure())
                    .log("nobody could say what an orphan cost; asking again in {}", delay);
            return Effect().noReply();
        }
        if (orphans.answered(said.id()) && ahead.isOpen(said.id())) {
            charge(said);
        }
        askWitness();
        return pending.isEmpty() ? Effect().noReply() : flushSoon();
    }

    private void charge(WitnessSaid said) {
        var nanos = Math.clamp(said.nanos(), 0, Desk.NANOS_MAX);
        change(new Change.Expired(said.id(), nanos), now());
        pending.afterwards(surroundings.orphansCharged()::increment);
        context.getLog()
                .atWarn()
                .addKeyValue("bucket", name)
                .addKeyValue("requestId", said.id())
                .addKeyValue("costNanos", nanos)
                .log("charged a reservation whose owner died");
    }
}

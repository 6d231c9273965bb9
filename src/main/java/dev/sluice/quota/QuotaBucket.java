package dev.sluice.quota;

import dev.sluice.cluster.CborSerializable;
import dev.sluice.config.QuotaRule;
import dev.sluice.quota.Change.Defined;
import dev.sluice.quota.Change.Refilled;
import dev.sluice.quota.Change.Released;
import dev.sluice.quota.Change.Reserved;
import dev.sluice.quota.Change.Settled;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
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
    private static final int WATCHES_PER_EXPIRY = 4;

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

    /** Decided at once, answered by {@link Held}, {@link Refused} or {@link Unable}; {@link Journaled} follows the first. */
    record Reserve(String id, long estimateNanos, String owner, String memo, QuotaRule rule, ActorRef<Reply> replyTo)
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
     */
    record Surroundings(
            String incarnation,
            Quota.Witness witness,
            InstantSource clock,
            QuotaSettings settings,
            LongAdder orphansCharged,
            Siblings siblings,
            Consumer<Command> region,
            Roster roster) {}

    /** The other buckets of a request. */
    interface Siblings {
        /** Completes with the cost when the journal of each holds it. */
        CompletionStage<Long> charge(String id, Quota.Testimony testimony, String butNot);
    }

    /** Whether the roster has this bucket since it woke. */
    private enum Entry {
        NONE,
        ASKED,
        DONE
    }

    private final String name;
    private final Surroundings surroundings;
    private final ActorContext<Command> context;
    private final TimerScheduler<Command> timers;
    private final Orphans orphans;
    private final Pending pending;
    private final BucketState untouched = new BucketState();

    private BucketState ahead = untouched;
    private boolean isRecovered;
    private boolean flushing;
    private boolean waiting;
    private Entry entry = Entry.NONE;
    private int watches;

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
            case Settle settle -> onSettle(settle);
            case Release release -> onRelease(release);
            case Renew(var ids) -> onRenew(ids);
            case Refill refill -> onRefill(refill);
            case ChargeToo charge -> onChargeToo(charge);
            case Tell(var replyTo) -> Effect().reply(replyTo, answer());
            case StayAwake() -> Effect().noReply();
            case Flush() -> flush();
            case PatienceEnded() -> onPatienceEnded();
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
                .onSignal(PostStop.class, (state, signal) -> pending.fail())
                .build();
    }

    @Override
    public RetentionCriteria retentionCriteria() {
        return RetentionCriteria.snapshotEvery(surroundings.settings().snapshotEvery(), SNAPSHOTS_KEPT)
                .withDeleteEventsOnSnapshot();
    }

    // --- money

    private ReplyEffect<Batch, BucketState> onReserve(Reserve reserve) {
        var id = reserve.id();
        if (ahead.isClosed(id) || ahead.isExpired(id)) {
            reserve.replyTo().tell(new Unable(name, id, "request " + id + " is over"));
            return Effect().noReply();
        }
        if (!ahead.isOpen(id)) {
            var now = now();
            if (!ahead.isDefinedAs(reserve.rule())) {
                change(Defined.of(reserve.rule()), now);
            }
            if (!ahead.admits(reserve.estimateNanos(), now)) {
                reserve.replyTo().tell(refusal(reserve, now));
                return flushSoon();
            }
            if (ahead.isFull()) {
                reserve.replyTo().tell(new Unable(name, id, BucketState.OPEN_MAX + " reservations are open"));
                return flushSoon();
            }
            change(new Reserved(id, reserve.estimateNanos(), reserve.owner(), reserve.memo()), now);
        }
        // Told here and not by an effect: the verdict must not wait for the write that this command may cause.
        reserve.replyTo().tell(new Held(name, id));
        pending.awaitReserved(id, reserve.replyTo());
        return flushSoon();
    }

    private Refused refusal(Reserve reserve, Instant now) {
        var empty = ahead.empty(name, reserve.estimateNanos(), now);
        return new Refused(reserve.id(), empty, RetryAfter.of(now, empty.positiveAt()));
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
        if (!ahead.isClosed(release.id())) {
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
        if (!ahead.isClosed(id) && !ahead.isExpired(id)) {
            change(new Change.Expired(id, Math.clamp(charge.nanos(), 0, Desk.NANOS_MAX)), now());
        }
        pending.afterwards(() -> charge.replyTo().tell(new Charged()));
        return flushSoon();
    }

    private Answer answer() {
        return ahead.isKnown() ? new Known(ahead.status(name, now())) : new NoSuchBucket();
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
        if (entry == Entry.NONE) {
            var noted = surroundings.roster().wakes(name, lastSequenceNumber(context));
            var future = noted.toCompletableFuture();
            if (future.isDone() && !future.isCompletedExceptionally()) {
                entry = Entry.DONE;
            } else {
                entry = Entry.ASKED;
                context.pipeToSelf(noted, (_, failure) -> new Noted(failure));
            }
        }
        return entry == Entry.DONE;
    }

    /** One that could not be entered goes on, and tries again with its next event: if the journal fails, too, that ends what is pending. */
    private ReplyEffect<Batch, BucketState> onNoted(@Nullable Throwable failure) {
        entry = failure == null ? Entry.DONE : Entry.NONE;
        return pending.isEmpty() ? Effect().noReply() : write();
    }

    private ReplyEffect<Batch, BucketState> onStop() {
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
        if (entry != Entry.NONE && ahead.open().isEmpty()) {
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
    }

    // --- owners

    private void onRecovered(BucketState state) {
        ahead = state == untouched ? new BucketState() : state;
        isRecovered = true;
        waiting = false;
        entry = Entry.NONE;
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
        if (!ahead.open().isEmpty()) {
            surroundings.region().accept(new StayAwake());
        }
        watches++;
        if (watches % WATCHES_PER_EXPIRY == 0) {
            orphans.expiryPassed(ahead.open());
        }
        return askWitness();
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

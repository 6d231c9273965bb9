package dev.sluice.quota;

import dev.sluice.quota.QuotaBucket.Acknowledged;
import dev.sluice.quota.QuotaBucket.Command;
import dev.sluice.quota.QuotaBucket.Granted;
import dev.sluice.quota.QuotaBucket.Held;
import dev.sluice.quota.QuotaBucket.Journaled;
import dev.sluice.quota.QuotaBucket.NotJournaled;
import dev.sluice.quota.QuotaBucket.Recalled;
import dev.sluice.quota.QuotaBucket.Refused;
import dev.sluice.quota.QuotaBucket.Reply;
import dev.sluice.quota.QuotaBucket.Unable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntPredicate;
import java.util.function.LongSupplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.jspecify.annotations.Nullable;

/**
 * Where a node's requests and the buckets meet: asks the buckets, gathers their answers, repeats what was not acknowledged, renews what
 * is held. One actor in place of an actor and a timer for every question; it measures time in its own ticks, but for leases, which must
 * end while it is stopped, too. Buckets that are elsewhere and busy it asks in advance: it holds a {@link Slice} of them.
 */
final class Desk extends AbstractMatchingBehavior<Desk.Message> {

    /** Stands for the cost of a request that is released. */
    static final long RELEASE = -1;

    /** Costs and estimates beyond this, a billion dollars, count as this: sums of them cannot overflow. */
    static final long NANOS_MAX = 1L << 60;

    /** Requests that wait for a verdict: what a node can have in its hands, beyond which it is better to refuse at once. */
    static final int WAITING_MAX = 20_000;

    /** Ids in one renewal, so that it stays far below the 256 KiB a message between nodes may have. */
    static final int RENEWED_MAX = 2_000;

    /** How long the end of a request, for which nobody waits, may wait for the beginning of another, as in a bucket. */
    private static final Duration PATIENCE = Duration.ofMillis(20);

    private static final int TICKS_PER_TIMEOUT = 8;

    /** Ticks before a deadline, and twice as many, when those are asked again who have said nothing. */
    private static final int ASKED_AGAIN = 3;

    /** The longest pause between two attempts to settle, in timeouts. */
    private static final int PAUSE_MAX = 8;

    /** Ends that a bucket which was away is told at a time: it sets aside no more than some thousands while its journal writes. */
    private static final int ENDS_PER_TICK = 1_000;

    /** What the desk hears: the door, the buckets, its own clock. */
    sealed interface Message permits Ask, Insist, Cost, Close, Tick, Report, Stop, Reply {}

    record Ask(Holding holding) implements Message {}

    /** The journal could not hold it in time, and it costs something all the same. */
    record Insist(Holding holding, CompletableFuture<Done> completes) implements Message {}

    record Cost(Holding holding, long nanos) implements Message {}

    record Close(Holding holding, long costNanos) implements Message {}

    record Tick() implements Message {}

    /** Ends of requests have waited for company long enough. */
    record Report() implements Message {}

    /** Before the node leaves: what a shard region hears while it moves its buckets away keeps it from doing so. */
    record Stop() implements Message {}

    private final ActorRef<ShardingEnvelope<Command>> region;
    private final String owner;
    private final ActorRef<Reply> self;
    private final int ticksPerRenewal;
    private final TimerScheduler<Message> timers;
    private final Slice.Terms terms;
    private final boolean takesLeases;
    private final LongSupplier nanoTime;
    private final Outages outages;

    private final Map<String, Slice> slices = new HashMap<>();
    private final List<String> drawn = new ArrayList<>();

    /** When the last slice was done with: what was granted to a question of before may be that very slice, come again. */
    private long doneAt;

    private boolean reporting;

    private final Map<String, Holding> holdings = new HashMap<>();
    private final Map<String, Holding> insisting = new HashMap<>();
    private final Map<String, Holding> closing = new HashMap<>();
    private int waiting;
    private long ticks;

    static Behavior<Message> create(
            ActorRef<ShardingEnvelope<Command>> region,
            String owner,
            QuotaSettings settings,
            Outages outages,
            LongSupplier nanoTime) {
        Behavior<Message> desk = Behaviors.setup(context -> Behaviors.withTimers(timers -> {
            timers.startTimerWithFixedDelay(new Tick(), tick(settings));
            outages.beginAnew();
            return new Desk(context, timers, region, owner, settings, outages, nanoTime);
        }));
        return Behaviors.supervise(desk).onFailure(SupervisorStrategy.restart());
    }

    private Desk(
            ActorContext<Message> context,
            TimerScheduler<Message> timers,
            ActorRef<ShardingEnvelope<Command>> region,
            String owner,
            QuotaSettings settings,
            Outages outages,
            LongSupplier nanoTime) {
        super(context);
        this.region = region;
        this.owner = owner;
        this.self = context.getSelf().narrow();
        this.ticksPerRenewal = ticks(settings.renewEvery(), tick(settings));
        this.timers = timers;
        this.terms = Slice.Terms.of(settings);
        this.takesLeases = !settings.singleNode() && settings.leases();
        this.nanoTime = nanoTime;
        this.doneAt = nanoTime.getAsLong();
        this.outages = outages;
    }

    /** What it measures time in. */
    static Duration tick(QuotaSettings settings) {
        return settings.askTimeout().dividedBy(TICKS_PER_TIMEOUT);
    }

    @Override
    public Behavior<Message> onMessage(Message message) {
        switch (message) {
            case Ask(var holding) -> onAsk(holding);
            case Insist(var holding, var completes) -> onInsist(holding, completes);
            case Cost(var holding, var nanos) -> holding.costs(nanos);
            case Close(var holding, var costNanos) -> close(holding, costNanos);
            case Tick() -> onTick();
            case Report() -> {
                reporting = false;
                slices.forEach(this::report);
            }
            case Stop() -> {
                slices.forEach((bucket, slice) -> tell(bucket, slice, slice.farewell(nanoTime.getAsLong())));
                return Behaviors.stopped();
            }
            case Held(var bucket, var id) -> onHeld(bucket, id);
            case Refused refused -> onRefused(refused);
            case Unable(var bucket, var id, var why) -> onUnable(bucket, id, why);
            case Journaled(var bucket, var reserved, var closed) -> onJournaled(bucket, reserved, closed);
            case NotJournaled lost -> onNotJournaled(lost.bucket(), lost.reserved());
            case Granted granted -> onGranted(granted);
            case Acknowledged answer -> onAcknowledged(answer);
            case Recalled(var bucket, var lease) -> onRecalled(bucket, lease);
        }
        return this;
    }

    @Override
    public Behavior<Message> onSignal(Signal signal) {
        if (signal instanceof PostStop || signal instanceof PreRestart) {
            holdings.values().forEach(Desk::abandon);
        }
        return this;
    }

    // --- asking

    private void onAsk(Holding holding) {
        var request = holding.request;
        if (waiting >= WAITING_MAX) {
            holding.verdict.complete(
                    new Quota.Unavailable(WAITING_MAX + " requests are waiting for their quota buckets"));
        } else if (holdings.putIfAbsent(request.requestId(), holding) != null) {
            holding.verdict.complete(new Quota.Unavailable("request " + request.requestId() + " is under way already"));
        } else {
            waiting++;
            schedule(holding);
            if (outages.isTroubled()) {
                goAround(holding);
            }
            if (!holding.verdict.isDone()) {
                drawOrAsk(holding);
            }
        }
    }

    private void drawOrAsk(Holding holding) {
        if (!slices.isEmpty()) {
            draw(holding);
        }
        ask(holding);
        if (!drawn.isEmpty()) {
            concludeIfAnswered(holding);
            drawn.forEach(bucket -> report(bucket, slices.get(bucket)));
            drawn.clear();
        }
    }

    private void draw(Holding holding) {
        var request = holding.request;
        var estimate = Math.min(request.estimateNanos(), NANOS_MAX);
        var now = nanoTime.getAsLong();
        for (var i = 0; i < request.buckets().size(); i++) {
            var bucket = request.buckets().get(i);
            var slice = slices.get(bucket.name());
            if (slice != null
                    && !holding.hasAnswered(i)
                    && slice.draw(request.requestId(), estimate, request.memo(), bucket.rule(), now)) {
                holding.drawn(i);
                drawn.add(bucket.name());
            }
        }
    }

    /** Nobody waits for a bucket that is known to be away: its definition says what then. */
    private void goAround(Holding holding) {
        var refusal = outages.goAround(holding, ticks);
        if (refusal != null) {
            // None is asked, so that none has to be told the end.
            holding.request.buckets().forEach(bucket -> holding.failed(bucket.name(), refusal));
        }
        concludeIfAnswered(holding);
    }

    /** Those that have not said anything yet. */
    private void ask(Holding holding) {
        var request = holding.request;
        var estimate = Math.min(request.estimateNanos(), NANOS_MAX);
        var now = takesLeases ? nanoTime.getAsLong() : 0;
        for (var i = 0; i < request.buckets().size(); i++) {
            if (holding.isToBeAsked(i)) {
                var bucket = request.buckets().get(i);
                tell(
                        bucket.name(),
                        new QuotaBucket.Reserve(
                                request.requestId(),
                                estimate,
                                owner,
                                request.memo(),
                                bucket.rule(),
                                lease(slices.get(bucket.name())),
                                now,
                                self));
            }
        }
    }

    private long lease(@Nullable Slice slice) {
        if (slice != null) {
            return slice.lease();
        }
        return takesLeases ? QuotaBucket.WITHOUT_LEASE : QuotaBucket.WITHOUT_LEASES;
    }

    private void onHeld(String bucket, String id) {
        var holding = holdings.get(id);
        if (holding != null) {
            holding.held(bucket);
            concludeIfAnswered(holding);
        }
    }

    private void onRefused(Refused refused) {
        var holding = holdings.get(refused.id());
        if (holding != null) {
            holding.refused(refused);
            concludeIfAnswered(holding);
        }
    }

    private void onUnable(String bucket, String id, String why) {
        var holding = holdings.get(id);
        if (holding != null) {
            holding.failed(bucket, "bucket " + bucket + ": " + why);
            concludeIfAnswered(holding);
        }
    }

    private void concludeIfAnswered(Holding holding) {
        if (holding.isAnswered() && !holding.verdict.isDone()) {
            conclude(holding);
        }
    }

    private void conclude(Holding holding) {
        waiting--;
        var refusals = holding.refusals();
        if (refusals.isEmpty() && holding.failure == null) {
            holding.verdict.complete(new Quota.Admitted(holding));
            return;
        }
        holding.verdict.complete(
                refusals.isEmpty() ? unavailable(String.valueOf(holding.failure)) : exhausted(refusals));
        close(holding, RELEASE);
    }

    private Quota.Unavailable unavailable(String why) {
        return outages.isTroubled() ? new Quota.Unavailable(why, Outages.RETRY_AFTER) : new Quota.Unavailable(why);
    }

    private static Quota.Exhausted exhausted(List<Refused> refusals) {
        var retryAfter = refusals.stream().map(Refused::retryAfter).reduce(RetryAfter.MIN, Desk::longer);
        return new Quota.Exhausted(refusals.stream().map(Refused::empty).toList(), retryAfter);
    }

    private static Duration longer(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? b : a;
    }

    // --- insisting

    private void onInsist(Holding holding, CompletableFuture<Done> completes) {
        holding.insisted = completes;
        if (holding.isRecorded()) { // late
            completes.complete(Done.getInstance());
            return;
        }
        var id = holding.request.requestId();
        holdings.put(id, holding);
        insisting.put(id, holding);
        insist(holding);
    }

    private void insist(Holding holding) {
        retryLater(holding);
        var request = holding.request;
        for (var i = 0; i < request.buckets().size(); i++) {
            if (!holding.isRecorded(i)) {
                var bucket = request.buckets().get(i);
                tell(
                        bucket.name(),
                        new QuotaBucket.Insist(
                                request.requestId(),
                                Math.min(request.estimateNanos(), NANOS_MAX),
                                owner,
                                request.memo(),
                                bucket.rule(),
                                self));
            }
        }
    }

    private void insistAgain() {
        insisting.values().removeIf(Holding::isRecorded);
        for (var holding : insisting.values()) {
            if (holding.retryAt <= ticks) {
                insist(holding);
            }
        }
    }

    private void retryLater(Holding holding) {
        holding.retryAt = ticks + (long) TICKS_PER_TIMEOUT * Math.min(1 << Math.min(holding.attempts, 30), PAUSE_MAX);
        holding.attempts++;
    }

    // --- closing

    private void close(Holding holding, long costNanos) {
        holding.ends(costNanos);
        holding.attempts = 0;
        if (holding.isClosed()) {
            forget(holding);
        } else {
            closing.put(holding.request.requestId(), holding);
            if (!slices.isEmpty()) {
                enterTheEnd(holding);
            }
            tellTheEnd(holding);
        }
    }

    /** Whose bucket gets reports anyway, learns it from one. */
    private void enterTheEnd(Holding holding) {
        var buckets = holding.request.buckets();
        for (var i = 0; i < buckets.size(); i++) {
            var slice = slices.get(buckets.get(i).name());
            if (holding.isOpen(i) && slice != null && !slice.isClosing()) {
                slice.end(holding.request.requestId(), holding.costNanos);
                holding.enter(i);
                reportSoon();
            }
        }
    }

    private void reportSoon() {
        if (!reporting) {
            reporting = true;
            timers.startSingleTimer(new Report(), PATIENCE);
        }
    }

    private void tellTheEnd(Holding holding) {
        retryLater(holding);
        var id = holding.request.requestId();
        var buckets = holding.request.buckets();
        for (var i = 0; i < buckets.size(); i++) {
            if (holding.isOpen(i) && !holding.isEntered(i)) {
                var bucket = buckets.get(i);
                tell(
                        bucket.name(),
                        holding.costNanos == RELEASE
                                ? new QuotaBucket.Release(id, self)
                                : new QuotaBucket.Settle(id, holding.costNanos, bucket.rule(), self));
            }
        }
    }

    private void onJournaled(String bucket, List<String> reserved, List<String> closed) {
        if (outages.isTroubled()) {
            outages.works(bucket, ticks);
        }
        for (var id : reserved) {
            var holding = holdings.get(id);
            if (holding != null) {
                holding.recorded(bucket);
            }
        }
        for (var id : closed) {
            onClosed(bucket, id);
        }
    }

    private void onClosed(String bucket, String id) {
        var holding = closing.get(id);
        if (holding != null) {
            holding.closed(bucket);
            if (holding.isClosed()) {
                forget(holding);
            }
        }
    }

    private void forget(Holding holding) {
        holdings.remove(holding.request.requestId(), holding);
        closing.remove(holding.request.requestId(), holding);
        // Its end is in the journal, and that says more than the reservation would.
        holding.recorded.complete(Done.getInstance());
        holding.closed.complete(Done.getInstance());
    }

    /** The end is told again with the next attempt that is due, so that a failing journal is not hammered. */
    private void onNotJournaled(String bucket, List<String> reserved) {
        outages.failed(bucket, ticks);
        for (var id : reserved) {
            var holding = holdings.get(id);
            if (holding != null && !goesOnWithout(holding, bucket)) {
                unrecorded(holding, "bucket " + bucket + ": the journal could not hold " + id);
            }
        }
    }

    /** It was let in, and then the journal failed. */
    private boolean goesOnWithout(Holding holding, String bucket) {
        var buckets = holding.request.buckets();
        return !holding.recorded.isDone()
                && !closing.containsKey(holding.request.requestId())
                && outages.letIn(holding, i -> buckets.get(i).name().equals(bucket) && !holding.isRecorded(i));
    }

    private static void unrecorded(Holding holding, String why) {
        holding.recorded.completeExceptionally(new IllegalStateException(why));
    }

    // --- leases

    private void onGranted(Granted granted) {
        if (granted.askedAt() - doneAt > 0 && !slices.containsKey(granted.bucket())) {
            var slice = new Slice(granted, terms, nanoTime.getAsLong());
            slices.put(granted.bucket(), slice);
            report(granted.bucket(), slice);
        }
    }

    private void onAcknowledged(Acknowledged answer) {
        var bucket = answer.bucket();
        var slice = slices.get(bucket);
        if (slice == null || slice.lease() != answer.lease()) {
            return;
        }
        if (answer.seen() == QuotaBucket.UNKNOWN) {
            slice.lost().forEach(entry -> onLost(bucket, entry));
        } else {
            if (outages.isTroubled()) {
                outages.works(bucket, ticks);
            }
            slice.acknowledge(answer).forEach(entry -> onEntered(bucket, entry));
        }
        if (slice.isDone()) {
            slices.remove(bucket);
            doneAt = nanoTime.getAsLong();
        } else {
            report(bucket, slice);
        }
    }

    private void onEntered(String bucket, Entry entry) {
        switch (entry) {
            case Entry.Drawn(var id, var nanos, var memo) -> {
                var holding = holdings.get(id);
                if (holding != null) {
                    holding.recorded(bucket);
                }
            }
            case Entry.Ended(var id, var nanos) -> onClosed(bucket, id);
            case Entry.Returned returned -> {}
        }
    }

    /** The end is told directly with the next attempt that is due. */
    private void onLost(String bucket, Entry entry) {
        switch (entry) {
            case Entry.Drawn(var id, var nanos, var memo) -> {
                var holding = holdings.get(id);
                if (holding != null) {
                    holding.undrawn(bucket);
                    unrecorded(holding, "bucket " + bucket + " no longer knows the lease that let in " + id);
                }
            }
            case Entry.Ended(var id, var nanos) -> {
                var holding = closing.get(id);
                if (holding != null) {
                    holding.strike(bucket);
                }
            }
            case Entry.Returned returned -> {}
        }
    }

    private void onRecalled(String bucket, long lease) {
        var slice = slices.get(bucket);
        if (slice != null && slice.lease() == lease) {
            slice.giveBack();
            report(bucket, slice);
        }
    }

    private void report(String bucket, @Nullable Slice slice) {
        if (slice != null) {
            var telling = slice.tell(nanoTime.getAsLong());
            if (telling != null) {
                tell(bucket, slice, telling);
            }
        }
    }

    private void tell(String bucket, Slice slice, Slice.Telling telling) {
        tell(
                bucket,
                new QuotaBucket.Report(
                        slice.lease(), telling.first(), telling.entries(), telling.last(), telling.sentAt(), self));
    }

    // --- time

    private void schedule(Holding holding) {
        holding.deadline = ticks + TICKS_PER_TIMEOUT + 1;
    }

    private void onTick() {
        ticks++;
        askAgain();
        overdue().forEach(this::onDeadline);
        insistAgain();
        catchUp(outages.back());
        for (var holding : closing.values()) {
            if (holding.retryAt <= ticks || looksWith(holding, holding::isOpen)) {
                tellTheEnd(holding);
            }
        }
        slices.forEach((bucket, slice) -> {
            slice.giveBackIfIdle(nanoTime.getAsLong());
            report(bucket, slice);
        });
        if (outages.isTroubled()) {
            askForLetIn();
        }
        outages.show(ticks);
        if (ticks % ticksPerRenewal == 0) {
            renew(holdings.values());
        }
    }

    private boolean looksWith(Holding holding, IntPredicate wants) {
        return outages.isTroubled() && outages.looksWith(holding, wants, ticks);
    }

    private void askForLetIn() {
        for (var holding : holdings.values()) {
            if (looksWith(holding, holding::isUnbooked) && !closing.containsKey(holding.request.requestId())) {
                ask(holding);
            }
        }
    }

    /** What buckets have missed while they were away: who was let in meanwhile, and what has ended. */
    private void catchUp(Set<String> back) {
        if (back.isEmpty()) {
            return;
        }
        for (var holding : holdings.values()) {
            if (holding.isUnbookedIn(back) && !closing.containsKey(holding.request.requestId())) {
                ask(holding);
            }
        }
        var told = 0;
        for (var holding : closing.values()) {
            if (holding.isOpenIn(back)) {
                holding.attempts = 0;
                holding.retryAt = ticks + told++ / ENDS_PER_TICK;
            }
        }
    }

    /** A question is lost when its bucket moves to another node just then. */
    private void askAgain() {
        for (var holding : holdings.values()) {
            var left = holding.deadline - ticks;
            if ((left == ASKED_AGAIN || left == 2 * ASKED_AGAIN) && !holding.verdict.isDone()) {
                holding.isAskedAgain = true;
                ask(holding);
            }
        }
    }

    /**
     * Those whose deadline has come. All that are open are looked at: a queue of deadlines would keep each request for the length of a
     * timeout, however soon it ended, and the collector would have to carry it into the old generation.
     */
    private List<Holding> overdue() {
        var overdue = new ArrayList<Holding>();
        for (var holding : holdings.values()) {
            if (holding.deadline <= ticks) {
                overdue.add(holding);
            }
        }
        return overdue;
    }

    /** One timeout for the verdicts, another for the journal. */
    private void onDeadline(Holding holding) {
        holding.deadline = Long.MAX_VALUE;
        if (!holding.verdict.isDone()) {
            if (goesOnWithoutSilent(holding, i -> !holding.hasAnswered(i))) {
                schedule(holding);
            } else {
                holding.failure = "no answer from every bucket in time";
            }
            conclude(holding);
        } else if (!holding.recorded.isDone() && !holding.isOverdue) {
            holding.isOverdue = true;
            if (closing.containsKey(holding.request.requestId())
                    || !goesOnWithoutSilent(holding, i -> !holding.isRecorded(i))) {
                schedule(holding);
            }
        } else if (!holding.recorded.isDone()) {
            holding.recorded.completeExceptionally(
                    new IllegalStateException("the journal did not hold " + holding.request.requestId() + " in time"));
        }
    }

    private boolean goesOnWithoutSilent(Holding holding, IntPredicate silent) {
        var buckets = holding.request.buckets();
        for (var i = 0; i < buckets.size(); i++) {
            if (silent.test(i)) {
                outages.silent(buckets.get(i).name(), ticks);
            }
        }
        return holding.refusals().isEmpty() && holding.failure == null && outages.letIn(holding, silent);
    }

    private void renew(Collection<Holding> held) {
        var ids = new HashMap<String, List<String>>();
        for (var holding : held) {
            for (var bucket : holding.request.buckets()) {
                var ofBucket = ids.computeIfAbsent(bucket.name(), _ -> new ArrayList<>());
                ofBucket.add(holding.request.requestId());
                if (ofBucket.size() >= RENEWED_MAX) {
                    tell(bucket.name(), new QuotaBucket.Renew(ofBucket));
                    ids.remove(bucket.name());
                }
            }
        }
        ids.forEach((bucket, ofBucket) -> tell(bucket, new QuotaBucket.Renew(ofBucket)));
    }

    private void tell(String bucket, Command command) {
        region.tell(new ShardingEnvelope<>(bucket, command));
    }

    private static void abandon(Holding holding) {
        var stopped = new IllegalStateException("the quota desk stopped");
        holding.verdict.complete(new Quota.Unavailable("the quota desk stopped"));
        holding.recorded.completeExceptionally(stopped);
        if (holding.insisted != null) {
            holding.insisted.completeExceptionally(stopped);
        }
        holding.closed.completeExceptionally(stopped);
    }

    private static int ticks(Duration span, Duration tick) {
        return (int) Math.max(1, span.dividedBy(tick));
    }
}

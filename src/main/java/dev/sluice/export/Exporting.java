package dev.sluice.export;

import dev.sluice.cluster.CborSerializable;
import dev.sluice.config.S3Rule;
import dev.sluice.export.Exporter.Destination;
import dev.sluice.export.Exporter.Failure;
import dev.sluice.export.Exporter.State;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides when something is exported: some time after the last export's end, at once when a plan was left or somebody asks, and after a
 * rest when it failed. One object at a time; when one was cut, the next follows at once.
 */
final class Exporting extends AbstractMatchingBehavior<Exporting.Message> {
    private static final Logger log = LoggerFactory.getLogger(Exporting.class);

    /** Looks between two counts of what waits. */
    private static final int LOOKS_A_COUNT = 10;

    private static final int MAX_DOUBLINGS = 20;

    sealed interface Message extends CborSerializable {}

    record Look(ActorRef<State> replyTo) implements Message {}

    record Run(ActorRef<State> replyTo) implements Message {}

    record Stop() implements Message {}

    /** Nothing to do: who is told so is awake. */
    record Wake() implements Message {}

    private record Tick() implements Message {}

    /** What was known when somebody looked; the rest had to be read. */
    private record Seen(
            Progress from, long lag, int failures, @Nullable Failure failure, ActorRef<State> replyTo)
            implements Message {}

    private record Counted(long lag) implements Message {}

    private record Begun(Progress from) implements Message {}

    private record Ended(Round.Result result) implements Message {}

    private record Failed(Throwable failure) implements Message {}

    /**
     * How often it looks at the policy and the clock, and how long it rests after failures.
     *
     * @param rest after the first failure; doubled with each
     */
    record Pace(Duration look, Duration rest, Duration longestRest) {
        static final Pace USUAL = new Pace(Duration.ofSeconds(1), Duration.ofSeconds(5), Duration.ofMinutes(5));

        /** Of each of several slices: what waits is read to be counted. */
        static final Pace SLICE = new Pace(Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofMinutes(5));
    }

    private final ActorContext<Message> context;
    private final Supplier<@Nullable S3Rule> rules;
    private final Round round;
    private final Function<S3Rule, Bucket> buckets;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Pace pace;
    private final Counters counters;

    /** As far as it is known; null until it was read, and again after a failure. */
    private @Nullable Progress progress;

    private @Nullable S3Rule rule;
    private @Nullable Bucket bucket;
    private boolean busy;
    private Instant next = Instant.MIN;
    private int failures;
    private @Nullable Failure failure;
    private long lag;
    private int looks;

    /** Those who wait for what is under way; and those who came meanwhile, for whom another look is needed. */
    private List<ActorRef<State>> waiting = new ArrayList<>();

    private List<ActorRef<State>> later = new ArrayList<>();

    static Behavior<Message> create(
            Supplier<@Nullable S3Rule> rules,
            Round round,
            Function<S3Rule, Bucket> buckets,
            InstantSource clock,
            RandomGenerator random,
            Pace pace,
            Counters counters) {
        Behavior<Message> exporting = Behaviors.setup(context -> Behaviors.withTimers(timers -> {
            timers.startTimerWithFixedDelay(new Tick(), pace.look());
            return new Exporting(context, rules, round, buckets, clock, random, pace, counters);
        }));
        return Behaviors.supervise(exporting).onFailure(SupervisorStrategy.restart());
    }

    private Exporting(
            ActorContext<Message> context,
            Supplier<@Nullable S3Rule> rules,
            Round round,
            Function<S3Rule, Bucket> buckets,
            InstantSource clock,
            RandomGenerator random,
            Pace pace,
            Counters counters) {
        super(context);
        this.context = context;
        this.rules = rules;
        this.round = round;
        this.buckets = buckets;
        this.clock = clock;
        this.random = random;
        this.pace = pace;
        this.counters = counters;
    }

    @Override
    public Behavior<Message> onMessage(Message message) {
        return switch (message) {
            case Look(var replyTo) -> onLook(replyTo);
            case Run(var replyTo) -> onRun(replyTo);
            case Tick() -> onTick();
            case Seen seen -> onSeen(seen);
            case Counted(var waits) -> onCounted(waits);
            // What comes from before a restart of this actor is on disk, and read from there.
            case Begun(var from) -> busy ? onBegun(from) : this;
            case Ended(var result) -> busy ? onEnded(result) : this;
            case Failed(var why) -> busy ? onFailed(why) : this;
            case Wake() -> this;
            case Stop() -> Behaviors.stopped();
        };
    }

    @Override
    public Behavior<Message> onSignal(Signal signal) {
        if (signal instanceof PostStop || signal instanceof PreRestart) {
            close();
            counters.lag(0);
        }
        return this;
    }

    private Behavior<Message> onTick() {
        if (!busy) {
            follow();
            if (rule != null && !clock.instant().isBefore(next)) {
                begin();
            } else if (rule != null && progress != null && looks++ % LOOKS_A_COUNT == 0) {
                count(progress.offset());
            }
        }
        return this;
    }

    /** Takes up the policy in force. What is under way ends under the one it began with. */
    private void follow() {
        var now = rules.get();
        if (Objects.equals(now, rule)) {
            return;
        }
        close();
        rule = now;
        bucket = now == null ? null : buckets.apply(now);
        failures = 0;
        failure = null;
        next = clock.instant();
        progress = null;
        if (now == null) {
            counters.lag(0);
        }
    }

    private Behavior<Message> onRun(ActorRef<State> replyTo) {
        if (busy) {
            later.add(replyTo);
            return this;
        }
        follow();
        if (rule == null) {
            return onLook(replyTo);
        }
        waiting.add(replyTo);
        begin();
        return this;
    }

    private void begin() {
        busy = true;
        if (progress == null) {
            context.pipeToSelf(round.begin(), (from, why) -> why == null ? new Begun(from) : new Failed(why));
        } else {
            run(progress);
        }
    }

    private Behavior<Message> onBegun(Progress from) {
        progress = from;
        var due = due(from);
        if (waiting.isEmpty() && from.plan() == null && clock.instant().isBefore(due)) {
            busy = false;
            next = due;
            count(from.offset());
        } else {
            run(from);
        }
        return this;
    }

    private Instant due(Progress from) {
        var last = from.last();
        return last == null || rule == null ? Instant.MIN : last.at().plus(rule.every());
    }

    private void run(Progress from) {
        CompletionStage<Round.Result> running;
        try {
            running = round.run(from, Objects.requireNonNull(rule), Objects.requireNonNull(bucket));
        } catch (RuntimeException e) {
            running = CompletableFuture.failedStage(e);
        }
        context.pipeToSelf(running, (result, why) -> why == null ? new Ended(result) : new Failed(why));
    }

    private Behavior<Message> onEnded(Round.Result result) {
        progress = result.progress();
        if (failures > 0) {
            log.atInfo().addKeyValue("failures", failures).log("records are exported again");
        }
        failures = 0;
        failure = null;
        var export = result.export();
        if (export != null) {
            counters.exported(export);
            log.atInfo()
                    .addKeyValue("object", export.object())
                    .addKeyValue("records", export.records())
                    .addKeyValue("bytes", export.bytes())
                    .log("records were exported");
        }
        // Another policy may be in force by now; what is left goes where that one says.
        if (result.more() && Objects.equals(rules.get(), rule)) {
            run(progress);
        } else {
            next = clock.instant().plus(Objects.requireNonNull(rule).every());
            rest();
        }
        return this;
    }

    private Behavior<Message> onFailed(Throwable why) {
        var cause = why;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        var known = cause instanceof Bucket.NotStored;
        var message = known
                ? String.valueOf(cause.getMessage())
                : "unexpected: " + cause.getClass().getSimpleName();
        if (failures == 0) {
            log.atWarn()
                    .addKeyValue("detail", message)
                    .setCause(known ? null : cause)
                    .log("records cannot be exported; they are kept, and it is tried again");
        }
        counters.failed();
        failures++;
        failure = new Failure(clock.instant(), message);
        next = clock.instant().plus(pause());
        // What is on disk counts: nobody knows which of the steps it was.
        progress = null;
        rest();
        return this;
    }

    private Duration pause() {
        var doubled = pace.rest().toMillis() << Math.min(failures - 1, MAX_DOUBLINGS);
        var longest = Math.min(doubled, pace.longestRest().toMillis());
        return Duration.ofMillis((long) (longest * (0.8 + 0.4 * random.nextDouble())));
    }

    /** Nothing is under way any more: whoever waited is told, and whoever came meanwhile gets a run of their own. */
    private void rest() {
        busy = false;
        waiting.forEach(this::look);
        waiting = later;
        later = new ArrayList<>();
        looks = 0;
        if (!waiting.isEmpty()) {
            var asked = waiting;
            waiting = new ArrayList<>();
            asked.forEach(replyTo -> context.getSelf().tell(new Run(replyTo)));
        }
    }

    private Behavior<Message> onLook(ActorRef<State> replyTo) {
        if (!busy) {
            follow();
        }
        look(replyTo);
        return this;
    }

    private void look(ActorRef<State> replyTo) {
        var known = progress;
        var failed = failures;
        var why = failure;
        var stage = (known == null ? round.begin() : CompletableFuture.completedStage(known))
                .thenCompose(from ->
                        round.lag(from.offset()).thenApply(waits -> new Seen(from, waits, failed, why, replyTo)));
        context.pipeToSelf(
                stage, (seen, _) -> seen == null ? new Seen(Progress.NONE, lag, failed, why, replyTo) : seen);
    }

    private Behavior<Message> onSeen(Seen seen) {
        onCounted(seen.lag());
        var from = seen.from();
        seen.replyTo()
                .tell(new State(
                        destination(),
                        busy,
                        from.last(),
                        from.offset(),
                        seen.lag(),
                        seen.failures(),
                        seen.failure(),
                        rule == null ? null : next));
        return this;
    }

    private @Nullable Destination destination() {
        return rule == null
                ? null
                : new Destination(
                        rule.endpoint(),
                        rule.bucket(),
                        rule.region(),
                        rule.prefix(),
                        rule.format().suffix());
    }

    private void count(long offset) {
        context.pipeToSelf(round.lag(offset), (waits, why) -> new Counted(why == null ? waits : lag));
    }

    private Behavior<Message> onCounted(long waits) {
        lag = waits;
        counters.lag(rule == null ? 0 : waits);
        return this;
    }

    private void close() {
        var open = bucket;
        bucket = null;
        if (open != null) {
            open.close();
        }
    }
}

package dev.sluice.hook;

import dev.sluice.config.HookRule;
import dev.sluice.config.Policy;
import dev.sluice.hook.Letters.Changes;
import dev.sluice.hook.Letters.Dead;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Delivers letters, and writes down what has become of them. One a node. */
final class Postman extends AbstractMatchingBehavior<Postman.Message> {
    private static final Logger log = LoggerFactory.getLogger(Postman.class);

    /** What has become of letters is written in company: a crash before delivers them once more, which is allowed. */
    private static final Duration FLUSH = Duration.ofMillis(50);

    private static final int FLUSH_LETTERS = 512;

    /** A hook that is switched off or undefined just now may come back with the next policy. */
    private static final long AWAY = Duration.ofMinutes(1).toMillis();

    private static final int GONE = 410;
    private static final int TOO_MANY = 429;
    private static final int UNAVAILABLE = 503;

    sealed interface Message permits Deliver, Adopt, Disown, Close, Unwritable, Answered, Fetched, Wake, Flush {}

    /** They are stored, or may not be. */
    record Deliver(List<Letter> letters) implements Message {}

    /**
     * Somebody has left them behind.
     *
     * @param taken completes with the number of those, from the first on, for which nobody had to make room
     */
    record Adopt(List<Letter> letters, CompletableFuture<Integer> taken) implements Message {}

    /** Its letters may be delivered by others. */
    record Disown(Tenure tenure) implements Message {}

    /** Nothing more is delivered; {@code done} completes when nothing is under way, and what has become of all is handed over. */
    record Close(CompletableFuture<Done> done) implements Message {}

    /** Given up before they were letters of ours. */
    record Unwritable(List<Letter> letters, String why) implements Message {}

    private record Answered(Letter letter, HookClient.Reply reply) implements Message {}

    private record Fetched(Letter letter, @Nullable Body body, String trouble) implements Message {}

    private record Wake() implements Message {}

    private record Flush() implements Message {}

    @SuppressWarnings("ArrayRecordComponent") // Never compared: it lives as long as one call.
    private record Body(byte[] bytes) {}

    /** What it works with. */
    record Surroundings(
            Letters store,
            HookClient client,
            Tallies tallies,
            Supplier<Policy> policy,
            InstantSource clock,
            Outbox outbox,
            HookSettings settings) {}

    private final ActorContext<Message> context;
    private final TimerScheduler<Message> timers;
    private final Surroundings with;
    private final Outbox outbox;
    private List<Letter> delivered = new ArrayList<>();
    private List<Letter> later = new ArrayList<>();
    private List<Dead> dead = new ArrayList<>();
    private long held;
    private @Nullable CompletableFuture<Done> closed;

    /** When the alarm rings that is set; it may ring before there is something to do, never after. */
    private long alarm = Long.MAX_VALUE;

    static Behavior<Message> create(Surroundings with) {
        // A bug in one delivery must not end the others.
        return Behaviors.supervise(Behaviors.<Message>setup(
                        context -> Behaviors.withTimers(timers -> new Postman(context, timers, with))))
                .onFailure(SupervisorStrategy.resume());
    }

    private Postman(ActorContext<Message> context, TimerScheduler<Message> timers, Surroundings with) {
        super(context);
        this.context = context;
        this.timers = timers;
        this.with = with;
        this.outbox = with.outbox();
    }

    @Override
    public Behavior<Message> onMessage(Message message) {
        switch (message) {
            case Deliver(var letters) -> letters.forEach(this::take);
            case Adopt(var letters, var taken) -> taken.complete(adopt(letters));
            case Disown(var tenure) -> outbox.disown(tenure).forEach(this::leave);
            case Close(var done) -> closed = done;
            case Unwritable(var letters, var why) -> letters.forEach(letter -> bury(letter, why));
            case Answered(var letter, var reply) -> onAnswered(letter, reply);
            case Fetched fetched -> onFetched(fetched);
            case Wake() -> alarm = Long.MAX_VALUE;
            case Flush() -> flush();
        }
        if (closed == null) {
            deliver();
        } else if (outbox.isIdle()) {
            flush();
            closed.complete(Done.getInstance());
        }
        return this;
    }

    private int adopt(List<Letter> letters) {
        var taken = 0;
        while (taken < letters.size() && outbox.hasRoom(letters.get(taken))) {
            take(letters.get(taken++));
        }
        return taken;
    }

    @Override
    public Behavior<Message> onSignal(Signal signal) {
        if (signal instanceof PostStop) {
            flush();
        }
        return this;
    }

    private void take(Letter letter) {
        with.tallies().of(letter.hook).queued(letter.size);
        if (letter.body() != null) {
            if (held + letter.size <= with.settings().memory()) {
                held += letter.size;
            } else if (letter.stored) {
                letter.forgetBody();
            } else {
                letter.forgetBody();
                leave(letter);
                bury(letter, "no room in memory for what may not be written");
                return;
            }
        }
        for (var evicted : outbox.add(letter)) {
            leave(evicted);
            bury(evicted, "the queue was full");
        }
    }

    /** All that may be delivered now, and an alarm for what may be then. */
    private void deliver() {
        var now = with.clock().millis();
        var giveUpAfter = giveUpAfter();
        for (var expired : outbox.expired(now, giveUpAfter)) {
            leave(expired);
            bury(expired, "it grew too old, after " + expired.attempts + " attempts");
        }
        for (var letter = outbox.next(now); letter != null; letter = outbox.next(now)) {
            deliver(letter, now);
        }
        var due = outbox.nextDue(giveUpAfter);
        if (due.isPresent() && due.getAsLong() < alarm) {
            alarm = due.getAsLong();
            timers.startSingleTimer(new Wake(), Duration.ofMillis(Math.max(1, alarm - now)));
        }
    }

    private void deliver(Letter letter, long now) {
        if (!letter.isOurs()) {
            abandon(letter);
            return;
        }
        var rule = with.policy().get().hooks().get(letter.hook);
        var body = letter.body();
        if (rule == null || rule.disabled()) {
            if (outbox.postponed(letter, now, AWAY, giveUpAfter())) {
                return;
            }
            leave(letter);
            bury(letter, "the policy " + (rule == null ? "does not define it" : "switched it off") + " for too long");
        } else if (body != null) {
            call(rule, letter, body);
        } else {
            context.pipeToSelf(
                    with.store().body(letter),
                    (bytes, failure) -> new Fetched(
                            letter,
                            bytes == null ? null : bytes.map(Body::new).orElse(null),
                            failure == null ? "" : failure.toString()));
        }
    }

    /** Others deliver it, or have. */
    private void abandon(Letter letter) {
        outbox.gone(letter);
        leave(letter);
    }

    private void onFetched(Fetched fetched) {
        var letter = fetched.letter();
        if (!letter.isOurs()) {
            abandon(letter);
            return;
        }
        var rule = with.policy().get().hooks().get(letter.hook);
        if (fetched.body() != null && rule != null) {
            call(rule, letter, fetched.body().bytes());
        } else if (fetched.trouble().isEmpty() && rule != null) {
            outbox.gone(letter);
            leave(letter);
            bury(letter, "it is not stored any more");
        } else if (!outbox.postponed(letter, with.clock().millis(), AWAY, giveUpAfter())) {
            leave(letter);
            bury(letter, "it could not be read: " + fetched.trouble());
        }
    }

    private void call(HookRule rule, Letter letter, byte[] body) {
        context.pipeToSelf(
                with.client().call(rule, new HookClient.Message(letter.message, letter.event, body), 0, null),
                (reply, failure) ->
                        new Answered(letter, reply == null ? HookClient.Reply.failed(String.valueOf(failure)) : reply));
    }

    private void onAnswered(Letter letter, HookClient.Reply reply) {
        var tally = with.tallies().of(letter.hook);
        var rested = outbox.rests(letter.hook);
        if (reply.isGood()) {
            outbox.delivered(letter);
            if (rested) {
                log.atInfo().addKeyValue("hook", letter.hook).log("a hook takes deliveries again");
            }
            leave(letter);
            tally.delivered(1);
            delivered.add(letter);
            changed();
            return;
        }
        var trouble = reply.trouble();
        tally.attemptFailed(trouble);
        if (!letter.isOurs()) {
            abandon(letter);
        } else if (reply.status() == GONE) {
            letter.attempts++;
            outbox.gone(letter);
            leave(letter);
            bury(letter, trouble + ": it does not want any more");
        } else if (outbox.failed(letter, with.clock().millis(), wait(reply), giveUpAfter())) {
            later.add(letter);
            changed();
        } else {
            leave(letter);
            bury(letter, "given up after " + letter.attempts + " attempts; the last: " + trouble);
        }
        if (!rested && outbox.rests(letter.hook)) {
            log.atWarn()
                    .addKeyValue("hook", letter.hook)
                    .addKeyValue("detail", trouble)
                    .addKeyValue("giveUpAfter", Duration.ofMillis(giveUpAfter()))
                    .log(
                            "a hook fails (" + Outbox.PATIENT_FAILURES
                                    + " times in a row): its deliveries wait and are tried"
                                    + " again; GET /api/hooks shows how many, a corrected url or key of the policy counts at once");
        }
    }

    /** Only these two statuses speak for the hook and not for one call. */
    private static long wait(HookClient.Reply reply) {
        var wait = reply.retryAfter();
        return wait == null || (reply.status() != TOO_MANY && reply.status() != UNAVAILABLE) ? 0 : wait.toMillis();
    }

    private long giveUpAfter() {
        return with.settings().giveUpAfter(with.policy().get().database()).toMillis();
    }

    private void leave(Letter letter) {
        with.tallies().of(letter.hook).unqueued(letter.size);
        if (letter.body() != null) {
            held -= letter.size;
        }
        letter.forgetBody();
    }

    private void bury(Letter letter, String reason) {
        with.tallies().of(letter.hook).dead(1);
        dead.add(new Dead(letter, with.clock().millis(), reason));
        log.atWarn()
                .addKeyValue("hook", letter.hook)
                .addKeyValue("requestId", letter.requestId)
                .addKeyValue("detail", reason)
                .log("a delivery to a hook was given up");
        changed();
    }

    private void changed() {
        if (delivered.size() + later.size() + dead.size() >= FLUSH_LETTERS) {
            flush();
        } else if (!timers.isTimerActive(Flush.class)) {
            timers.startSingleTimer(Flush.class, new Flush(), FLUSH);
        }
    }

    private void flush() {
        timers.cancel(Flush.class);
        var changes =
                new Changes(delivered, later.stream().filter(it -> it.stored).toList(), dead);
        if (changes.isEmpty()) {
            return;
        }
        delivered = new ArrayList<>();
        later = new ArrayList<>();
        dead = new ArrayList<>();
        var _ = with.store().apply(changes).whenComplete((done, failure) -> {
            if (failure != null) {
                // They are delivered once more after the next start.
                log.atError().setCause(failure).log("what became of deliveries to hooks was not written");
            }
        });
    }
}

package dev.sluice.hook;

import dev.sluice.config.HookRule;
import dev.sluice.config.Policy;
import dev.sluice.hook.HookTables.Changes;
import dev.sluice.hook.HookTables.Dead;
import dev.sluice.journal.RoomStore;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
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

    sealed interface Message permits Deliver, Unwritable, Answered, Fetched, Wake, Flush {}

    /** They are in the file, or may not be. */
    record Deliver(List<Letter> letters) implements Message {}

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
            RoomStore database,
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
            case Unwritable(var letters, var why) -> letters.forEach(letter -> bury(letter, why));
            case Answered(var letter, var reply) -> onAnswered(letter, reply);
            case Fetched fetched -> onFetched(fetched);
            case Wake() -> alarm = Long.MAX_VALUE;
            case Flush() -> flush();
        }
        deliver();
        return this;
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
                    with.database().read(connection -> HookTables.body(connection, letter.id)),
                    (bytes, failure) -> new Fetched(
                            letter,
                            bytes == null ? null : bytes.map(Body::new).orElse(null),
                            failure == null ? "" : failure.toString()));
        }
    }

    private void onFetched(Fetched fetched) {
        var letter = fetched.letter();
        var rule = with.policy().get().hooks().get(letter.hook);
        if (fetched.body() != null && rule != null) {
            call(rule, letter, fetched.body().bytes());
        } else if (fetched.trouble().isEmpty() && rule != null) {
            outbox.gone(letter);
            leave(letter);
            bury(letter, "it is not in the file any more");
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
        if (reply.status() == GONE) {
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

    /** Nothing of what was said is kept here for longer than captures are. */
    private long giveUpAfter() {
        var most = with.settings().giveUpAfter();
        var retention = with.policy().get().database().retention();
        return (retention == null || retention.isZero() || retention.compareTo(most) > 0 ? most : retention).toMillis();
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
        var _ = with.database()
                .write(connection -> HookTables.apply(connection, changes))
                .whenComplete((done, failure) -> {
                    if (failure != null) {
                        // They are delivered once more after the next start.
                        log.atError().setCause(failure).log("what became of deliveries to hooks was not written");
                    }
                });
    }
}

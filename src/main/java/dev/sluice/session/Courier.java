package dev.sluice.session;

import dev.sluice.journal.StorageTrouble;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * Carries commands to entities and sends them again until they are answered. One a node, in place of an ask per exchange,
 * which would cost an actor and a timer each.
 */
final class Courier extends AbstractMatchingBehavior<Courier.Message> {
    /** How often overdue errands are looked for; the patience of a caller who waits is counted in these. */
    private static final Duration TICK = Duration.ofMillis(250);

    /** A look-up on a caller's clock is given up after a second. */
    private static final int LOOKUP_TICKS = 4;

    /** While the storage is known to be away, only who is in memory answers, and that at once. */
    private static final int LOOKUP_TICKS_IN_TROUBLE = 1;

    /** Five seconds: more than a shard takes to move or a session to recover, so that hardly anything is sent twice. */
    private static final int FIRST_TICKS = 20;

    /** Ten seconds: a journal in trouble is not asked more often than this for the same exchange, and one that is back not much later. */
    private static final int MAX_TICKS = 40;

    sealed interface Message permits Carry, Tick, Reply {}

    record Carry(Errand errand) implements Message {}

    private record Tick() implements Message {}

    private static final class Trip {
        final Errand errand;
        long due;
        int patience;

        Trip(Errand errand, int patience, long now) {
            this.errand = errand;
            this.patience = patience;
            this.due = now + patience;
        }
    }

    /** Bounded by the door, which counts {@code underWay} up before it sends. */
    private final Map<Long, Trip> trips = new HashMap<>();

    private final AtomicInteger underWay;
    private final StorageTrouble trouble;
    private long lastNumber;
    private long now;

    static Behavior<Message> create(AtomicInteger underWay) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> {
            timers.startTimerWithFixedDelay(new Tick(), TICK);
            return new Courier(context, underWay);
        }));
    }

    private Courier(ActorContext<Message> context, AtomicInteger underWay) {
        super(context);
        this.underWay = underWay;
        this.trouble = StorageTrouble.get(context.getSystem());
    }

    @Override
    public Behavior<Message> onMessage(Message message) {
        switch (message) {
            case Carry(var errand) -> onCarry(errand);
            case Reply reply -> onReply(reply);
            case Tick() -> onTick();
        }
        return this;
    }

    @Override
    public Behavior<Message> onSignal(Signal signal) {
        if (signal instanceof PostStop) {
            trips.values().forEach(trip -> trip.errand.dropped().run());
            trips.clear();
        }
        return this;
    }

    private void onCarry(Errand errand) {
        var number = ++lastNumber;
        trips.put(number, new Trip(errand, patience(errand), now));
        send(number, errand);
    }

    private int patience(Errand errand) {
        if (errand.lost() == null) {
            return FIRST_TICKS;
        }
        return trouble.isKnown() ? LOOKUP_TICKS_IN_TROUBLE : LOOKUP_TICKS;
    }

    /** The second answer to something sent twice finds nothing. */
    private void onReply(Reply reply) {
        var trip = trips.remove(reply.errand());
        if (trip != null) {
            underWay.decrementAndGet();
            trip.errand.answered().accept(reply);
        }
    }

    private void onTick() {
        now++;
        trips.entrySet().removeIf(entry -> isLost(entry.getKey(), entry.getValue()));
    }

    private boolean isLost(long number, Trip trip) {
        if (trip.due > now) {
            return false;
        }
        var lost = trip.errand.lost();
        if (lost != null) {
            underWay.decrementAndGet();
            lost.run();
            return true;
        }
        trip.patience = Math.min(MAX_TICKS, 2 * trip.patience);
        trip.due = now + trip.patience;
        send(number, trip.errand);
        return false;
    }

    private void send(long number, Errand errand) {
        errand.path().send(number, getContext().getSelf().narrow());
    }
}

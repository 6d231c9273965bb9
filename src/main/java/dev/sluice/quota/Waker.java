package dev.sluice.quota;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.ClusterEvent.MemberRemoved;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Subscribe;

/**
 * Wakes all buckets when a node has died, one actor a cluster. A bucket with reservations stays awake until they have ended, but not beyond
 * the death of its node; and if nobody asks for it again, nobody would find its orphans. It does so when it starts, too, because the dead
 * node may have been the one that had it. Remembered entities would do the same at the price of a write a bucket and waking.
 */
final class Waker extends AbstractMatchingBehavior<Waker.Message> {
    /** Who was looked for in vain may be there by then. */
    private static final Duration AGAIN = Duration.ofSeconds(10);

    sealed interface Message {}

    /** The node goes, and the next one is to wake. A poison pill would not do: it comes as a signal, and actors of this shape let signals pass. */
    record Stop() implements Message {}

    private record Gone(MemberRemoved event) implements Message {}

    private record Wake() implements Message {}

    /** @param failed whether some did not answer */
    private record Woken(boolean failed) implements Message {}

    private final ActorContext<Message> context;
    private final TimerScheduler<Message> timers;
    private final Supplier<CompletionStage<Long>> wakeAll;
    private boolean waking;
    private boolean more;

    static Behavior<Message> create(Supplier<CompletionStage<Long>> wakeAll) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> {
            Cluster.get(context.getSystem())
                    .subscriptions()
                    .tell(Subscribe.create(
                            context.messageAdapter(MemberRemoved.class, Gone::new), MemberRemoved.class));
            context.getSelf().tell(new Wake());
            return new Waker(context, timers, wakeAll);
        }));
    }

    private Waker(
            ActorContext<Message> context, TimerScheduler<Message> timers, Supplier<CompletionStage<Long>> wakeAll) {
        super(context);
        this.context = context;
        this.timers = timers;
        this.wakeAll = wakeAll;
    }

    @Override
    public Behavior<Message> onMessage(Message message) {
        switch (message) {
            // Who leaves as it should has nothing open.
            case Gone(var event) when !event.previousStatus().equals(MemberStatus.down()) -> {}
            case Gone _, Wake() -> wake();
            case Woken(var failed) -> onWoken(failed);
            case Stop() -> {
                return Behaviors.stopped();
            }
        }
        return this;
    }

    private void wake() {
        if (waking) {
            more = true;
        } else {
            waking = true;
            context.pipeToSelf(wakeAll.get(), (silent, failure) -> new Woken(failure != null || silent > 0));
        }
    }

    private void onWoken(boolean failed) {
        waking = false;
        if (failed) {
            timers.startSingleTimer(new Wake(), AGAIN);
        } else if (more) {
            more = false;
            wake();
        }
    }
}

package dev.sluice.session;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.SnapshotSelectionCriteria;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.Recovery;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;

/**
 * Reads a session's journal once more from the beginning, for requests that the session has forgotten.
 *
 * <p>It borrows the session's persistence id and never writes, so the two do not meet. Recovery is the one way of reading a
 * journal that every storage has, and it reads ahead no further than it can hold.
 */
final class Recall extends EventSourcedBehavior<Recall.Done, ExchangeRecorded, Map<String, Long>> {
    record Done() {}

    private final Set<String> wanted;
    private final Consumer<Map<String, Long>> found;
    private final Runnable stop;

    /** {@code found} is told, once, the costs of those requests that the journal has; nothing when it cannot be read. */
    static Behavior<Done> create(PersistenceId session, Set<String> wanted, Consumer<Map<String, Long>> found) {
        return Behaviors.setup(context ->
                new Recall(session, wanted, found, () -> context.getSelf().tell(new Done())));
    }

    private Recall(PersistenceId session, Set<String> wanted, Consumer<Map<String, Long>> found, Runnable stop) {
        super(session);
        this.wanted = wanted;
        this.found = found;
        this.stop = stop;
    }

    @Override
    public Map<String, Long> emptyState() {
        return new HashMap<>();
    }

    /** From the first event on: a snapshot holds no more than the session knows. */
    @Override
    public Recovery recovery() {
        return Recovery.withSnapshotSelectionCriteria(SnapshotSelectionCriteria.none());
    }

    @Override
    public EventHandler<Map<String, Long>, ExchangeRecorded> eventHandler() {
        return (costs, event) -> {
            var exchange = event.exchange();
            if (wanted.contains(exchange.requestId())) {
                costs.put(exchange.requestId(), SessionState.costOf(exchange));
            }
            return costs;
        };
    }

    @Override
    public SignalHandler<Map<String, Long>> signalHandler() {
        return newSignalHandlerBuilder()
                .onSignal(RecoveryCompleted.class, (costs, signal) -> {
                    found.accept(Map.copyOf(costs));
                    stop.run();
                })
                .build();
    }

    @Override
    public CommandHandler<Done, ExchangeRecorded, Map<String, Long>> commandHandler() {
        return (costs, done) -> Effect().stop();
    }
}

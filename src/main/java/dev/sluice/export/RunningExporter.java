package dev.sluice.export;

import dev.sluice.config.Egress;
import dev.sluice.export.Exporting.Message;
import dev.sluice.export.Exporting.Pace;
import dev.sluice.gate.Endpoint;
import dev.sluice.journal.SqliteReadJournal;
import dev.sluice.policy.InForce;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.cluster.typed.ClusterSingleton;
import org.apache.pekko.cluster.typed.SingletonActor;
import org.apache.pekko.persistence.query.PersistenceQuery;

/** The door's inside: the way to the one that exports, which may be on another node. */
final class RunningExporter implements Exporter {
    private static final Duration ASK_TIMEOUT = Duration.ofSeconds(5);

    /** Below what clients wait; a large backlog goes on without them. */
    private static final Duration RUN_TIMEOUT = Duration.ofSeconds(25);

    private final ActorSystem<?> system;
    private final ActorRef<Message> exporting;
    private final Counters counters;

    private RunningExporter(ActorSystem<?> system, ActorRef<Message> exporting, Counters counters) {
        this.system = system;
        this.exporting = exporting;
        this.counters = counters;
    }

    static Exporter start(
            ActorSystem<?> system,
            Egress egress,
            Supplier<InForce> inForce,
            Captured captured,
            InstantSource clock,
            RandomGenerator random) {
        var counters = new Counters();
        var exporting = behavior(system, egress, inForce, captured, clock, random, counters);
        var singleton = ClusterSingleton.get(system)
                .init(SingletonActor.of(exporting, "export").withStopMessage(new Exporting.Stop()));
        return new RunningExporter(system, singleton, counters);
    }

    private static Behavior<Message> behavior(
            ActorSystem<?> system,
            Egress egress,
            Supplier<InForce> inForce,
            Captured captured,
            InstantSource clock,
            RandomGenerator random,
            Counters counters) {
        var journal =
                PersistenceQuery.get(system).getReadJournalFor(SqliteReadJournal.class, SqliteReadJournal.IDENTIFIER);
        var blocking = system.dispatchers().lookup(DispatcherSelector.blocking());
        return Exporting.create(
                () -> inForce.get().policy().s3(),
                new Round(system, journal, captured, clock),
                rule -> new S3Bucket(rule, egress, S3Bucket.Timeouts.USUAL, blocking),
                clock,
                random,
                Pace.USUAL,
                counters);
    }

    @Override
    public CompletionStage<State> state() {
        return AskPattern.ask(exporting, Exporting.Look::new, ASK_TIMEOUT, system.scheduler());
    }

    @Override
    public CompletionStage<State> run() {
        return AskPattern.<Message, State>ask(exporting, Exporting.Run::new, RUN_TIMEOUT, system.scheduler())
                .exceptionallyCompose(failure -> {
                    var late = failure instanceof TimeoutException || failure.getCause() instanceof TimeoutException;
                    return late ? state() : CompletableFuture.failedFuture(failure);
                });
    }

    @Override
    public Counts counts() {
        return counters.counts();
    }

    @Override
    public List<Endpoint> endpoints() {
        return new ExportEndpoints(this, system).endpoints();
    }
}

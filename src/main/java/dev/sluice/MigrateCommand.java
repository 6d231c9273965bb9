package dev.sluice;

import dev.sluice.cluster.NodeSystem;
import dev.sluice.export.Exporter;
import dev.sluice.journal.Migration;
import dev.sluice.journal.Migration.Figures;
import dev.sluice.journal.Storage;
import dev.sluice.key.GatewayKeys;
import dev.sluice.quota.Quota;
import dev.sluice.session.ExchangeRecorded;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice migrate}: from a grown single node to many. */
@Command(
        name = "migrate",
        description = {
            "Moves buckets, sessions, keys, policies and the audit log of a node that is stopped to Cassandra.",
            "No node may run on either meanwhile, and none starts on what is half moved. Begun again after it broke off, it goes on. What has"
                    + " arrived is read back and compared. Ends with an error when no Cassandra has answered for 30 seconds."
        },
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // Fields are set by picocli before anything runs.
final class MigrateCommand implements Callable<Integer> {
    private static final Duration BETWEEN_LINES = Duration.ofSeconds(2);

    @Option(names = "--from", paramLabel = "KIND", required = true, description = "sqlite")
    private String from;

    @Option(names = "--to", paramLabel = "KIND", required = true, description = "cassandra")
    private String to;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            required = true,
            defaultValue = "${env:SLUICE_DATA}",
            description = "The node's data directory (also SLUICE_DATA).")
    private Path data;

    @Option(
            names = "--settings",
            paramLabel = "FILE",
            required = true,
            description = "Node settings (HOCON) that say where Cassandra is, as for the nodes to come.")
    private Path settings;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (!from.equals("sqlite") || !to.equals("cassandra")) {
            throw new ParameterException(
                    spec.commandLine(),
                    "from " + from + " to " + to + ": not possible (expected: --from sqlite --to cassandra)");
        }
        if (!Files.isRegularFile(data.resolve("sluice.db"))) {
            throw new ParameterException(
                    spec.commandLine(), data + ": no sluice.db in there (expected: a node's data directory)");
        }
        var config = NodeSystem.config(
                settings,
                // Nobody is to join whoever moves house.
                Map.of("sluice.storage.directory", data.toString(), "pekko.actor.provider", "local"));
        var system = ActorSystem.create(Behaviors.empty(), "sluice", config);
        try {
            if (Storage.kind(system) != Storage.Kind.CASSANDRA) {
                throw new IllegalArgumentException(
                        settings + ": sluice.storage.kind is not cassandra (expected: include \"cassandra.conf\")");
            }
            var out = spec.commandLine().getOut();
            var exported = Exporter.moved(system).toCompletableFuture().get();
            var moved = Migration.run(system, new RoomsOf(system, exported), InstantSource.system(), new Lines(out))
                    .toCompletableFuture()
                    .get();
            out.println("all of it is there, compared event by event: " + line(moved));
            out.println(
                    "not moved: what was said (captures.db, which a node on Cassandra does not read), and letters to hooks"
                            + " (hooks.db: a node that is started with this --data brings them along)");
            exported.inDoubt()
                    .ifPresent(
                            object -> out.println(
                                    "not known: whether " + object
                                            + " was exported before this node was stopped; its records are exported again, as part of other objects"));
            out.flush();
            return 0;
        } finally {
            system.terminate();
            system.getWhenTerminated().toCompletableFuture().get();
        }
    }

    private static String line(Figures figures) {
        return figures.entities() + " entities, " + figures.events() + " events, " + figures.snapshots()
                + " snapshots, $" + BigDecimal.valueOf(figures.nanos(), 9).toPlainString() + " spent";
    }

    /** A line now and then. */
    private static final class Lines implements Consumer<Figures> {
        private final PrintWriter out;
        private long next = System.nanoTime() + BETWEEN_LINES.toNanos();

        Lines(PrintWriter out) {
            this.out = out;
        }

        @Override
        public void accept(Figures figures) {
            if (System.nanoTime() - next >= 0) {
                next = System.nanoTime() + BETWEEN_LINES.toNanos();
                out.println("moved so far: " + line(figures));
                out.flush();
            }
        }
    }

    private record RoomsOf(ActorSystem<?> system, Exporter.Moved exported) implements Migration.Rooms {
        @Override
        public Set<String> tags(String persistenceId, Object event) {
            return event instanceof ExchangeRecorded
                    ? Set.of(ExchangeRecorded.tag(ExchangeRecorded.slice(entity(persistenceId))))
                    : GatewayKeys.tags(event);
        }

        private static String entity(String persistenceId) {
            return persistenceId.substring(persistenceId.indexOf('|') + 1);
        }

        @Override
        public CompletionStage<Done> enter(String persistenceId, @Nullable Object first) {
            if (Quota.isBucket(persistenceId)) {
                return Quota.enter(system, entity(persistenceId));
            }
            return first == null
                    ? CompletableFuture.completedStage(Done.getInstance())
                    : GatewayKeys.enter(system, InstantSource.system(), first);
        }

        @Override
        public CompletionStage<Done> arrived(String persistenceId, List<EventEnvelope> events) {
            return exported.take(events);
        }

        @Override
        public long cost(Object event) {
            if (!(event instanceof ExchangeRecorded(var exchange))) {
                return 0;
            }
            var nanos = exchange.costNanos();
            return nanos == null ? 0 : nanos;
        }
    }
}

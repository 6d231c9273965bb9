package dev.sluice.usage;

import com.sun.management.OperatingSystemMXBean;
import dev.sluice.journal.TestStorage;
import dev.sluice.session.Exchange;
import dev.sluice.session.ExchangeRecorded;
import dev.sluice.usage.Ledger.SessionRow;
import dev.sluice.wire.Usage;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;

/** What an exchange costs the ledger, from the journal's file into its own rows, while it catches up. Not a test. Argument: exchanges. */
final class LedgerBenchmark {
    private static final int BATCH = 100;
    private static final int SESSIONS = 200;

    private LedgerBenchmark() {}

    @SuppressWarnings({"SystemOut", "ThreadSleep"}) // A program for a person at a terminal.
    public static void main(String[] args) throws Exception {
        var exchanges = Integer.parseInt(args[0]);
        var directory = Files.createTempDirectory("ledger-benchmark");
        var filling = ActorSystem.create(filler(exchanges), "filling", TestStorage.config(directory));
        filling.getWhenTerminated().toCompletableFuture().get();
        var bytes = Files.size(directory.resolve("sluice.db"));
        var system = ActorSystem.create(Behaviors.empty(), "ledger", TestStorage.config(directory));
        var ledger = Ledger.start(system, InstantSource.system());
        while (counted(ledger) < exchanges / 4) {
            Thread.sleep(20); // The JIT's share is not the ledger's.
        }
        var os = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        var before = counted(ledger);
        var cpu = os.getProcessCpuTime();
        var start = System.nanoTime();
        while (counted(ledger) < exchanges) {
            Thread.sleep(20);
        }
        var done = exchanges - before;
        System.out.printf(
                "%,d exchanges/s, %.1f us CPU/exchange",
                done * 1_000_000_000L / (System.nanoTime() - start), (os.getProcessCpuTime() - cpu) / 1000.0 / done);
        system.terminate();
        system.getWhenTerminated().toCompletableFuture().get();
        var grown = Files.size(directory.resolve("ledger.db"));
        System.out.printf(", journal %d and ledger %d bytes/exchange%n", bytes / exchanges, grown / exchanges);
    }

    private static long counted(Ledger ledger) {
        return TestStorage.await(ledger.sessions(null, SESSIONS, null)).stream()
                .mapToLong(SessionRow::exchanges)
                .sum();
    }

    private static Behavior<Integer> filler(int exchanges) {
        return Behaviors.setup(context -> new Filler(context.getSelf(), exchanges / BATCH));
    }

    private static Exchange exchange(int number) {
        return LedgerTest.exchange(
                "req_%016x".formatted(number * 0x9E3779B97F4A7C15L),
                "anme_%016x".formatted(number % SESSIONS),
                "ann@example.com",
                Instant.EPOCH.plusMillis(number),
                Usage.ofText(1000, 500),
                12345L);
    }

    /** Writes batches, one after the other, then ends the system. */
    private static final class Filler extends EventSourcedBehavior<Integer, ExchangeRecorded, Integer> {
        private final org.apache.pekko.actor.typed.ActorRef<Integer> self;
        private final int batches;

        Filler(org.apache.pekko.actor.typed.ActorRef<Integer> self, int batches) {
            super(PersistenceId.of("Filler", "1"));
            this.self = self;
            this.batches = batches;
            self.tell(0);
        }

        @Override
        public Integer emptyState() {
            return 0;
        }

        @Override
        public CommandHandler<Integer, ExchangeRecorded, Integer> commandHandler() {
            return (_, batch) -> {
                if (batch == batches) {
                    return Effect().stop();
                }
                List<ExchangeRecorded> events = java.util.stream.IntStream.range(batch * BATCH, (batch + 1) * BATCH)
                        .mapToObj(number -> new ExchangeRecorded(exchange(number)))
                        .toList();
                return Effect().persist(events).thenRun(() -> self.tell(batch + 1));
            };
        }

        @Override
        public EventHandler<Integer, ExchangeRecorded> eventHandler() {
            return (count, _) -> count + 1;
        }

        @Override
        public Set<String> tagsFor(ExchangeRecorded event) {
            return Set.of(ExchangeRecorded.TAG);
        }
    }
}

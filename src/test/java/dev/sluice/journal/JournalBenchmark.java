package dev.sluice.journal;

import com.sun.management.OperatingSystemMXBean;
import dev.sluice.cluster.JsonSerializable;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;

/**
 * What an event costs: events a second, CPU and bytes an event. Not a test.
 *
 * <p>Arguments: events a second (0: as fast as they are acknowledged), entities, seconds, and settings to try, for example
 * {@code sluice.journal.linger=0ms}.
 */
final class JournalBenchmark {
    private static final String TEXT = "x".repeat(385); // 400 bytes as JSON
    private static final AtomicLong ACKNOWLEDGED = new AtomicLong();

    record Wrote(String text) implements JsonSerializable {}

    enum Tick {
        TICK
    }

    private JournalBenchmark() {}

    @SuppressWarnings({"SystemOut", "ThreadSleep"}) // A program for a person at a terminal.
    public static void main(String[] args) throws Exception {
        var pace = Integer.parseInt(args[0]);
        var entities = Integer.parseInt(args[1]);
        var seconds = Integer.parseInt(args[2]);
        var directory = Files.createTempDirectory("journal-benchmark");
        var settings = args.length > 3 ? args[3] : "";
        var system = ActorSystem.create(root(entities, pace), "benchmark", TestStorage.config(directory, settings));
        Thread.sleep(Duration.ofSeconds(20)); // The JIT's share is not the journal's.
        var before = Sample.take();
        Thread.sleep(Duration.ofSeconds(seconds));
        var after = Sample.take();
        system.terminate();
        TestStorage.await(system.getWhenTerminated());
        var events = after.events - before.events;
        System.out.printf(
                "%s: %,d events/s, %.1f us CPU/event, %.0f bytes/event%n",
                String.join(" ", args),
                events / seconds,
                (after.cpuNanos - before.cpuNanos) / 1000.0 / events,
                (double) size(directory) / ACKNOWLEDGED.get());
    }

    private record Sample(long events, long cpuNanos) {
        static Sample take() {
            var os = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
            return new Sample(ACKNOWLEDGED.get(), os.getProcessCpuTime());
        }
    }

    private static long size(Path directory) throws IOException {
        return Files.size(directory.resolve("sluice.db"));
    }

    private static Behavior<Void> root(int entities, int pace) {
        return Behaviors.setup(context -> {
            for (var i = 0; i < entities; i++) {
                var id = i;
                Behavior<Tick> behavior = pace == 0
                        ? Behaviors.setup(entity -> {
                            entity.getSelf().tell(Tick.TICK);
                            return new Entity(id, entity.getSelf());
                        })
                        : Behaviors.withTimers(timers -> paced(timers, id, entities, pace));
                context.spawn(behavior, "entity-" + i);
            }
            return Behaviors.empty();
        });
    }

    private static Behavior<Tick> paced(TimerScheduler<Tick> timers, int id, int entities, int pace) {
        var interval = Duration.ofNanos(1_000_000_000L * entities / pace);
        timers.startTimerAtFixedRate(Tick.TICK, interval.multipliedBy(id).dividedBy(entities), interval);
        return new Entity(id, null);
    }

    /** Writes one event a tick. */
    private static final class Entity extends EventSourcedBehavior<Tick, Wrote, Long> {
        private final @org.jspecify.annotations.Nullable ActorRef<Tick> again;

        Entity(int id, @org.jspecify.annotations.Nullable ActorRef<Tick> again) {
            super(PersistenceId.of("Entity", "anme_%016x".formatted(id)));
            this.again = again;
        }

        @Override
        public Long emptyState() {
            return 0L;
        }

        @Override
        public CommandHandler<Tick, Wrote, Long> commandHandler() {
            return (_, _) -> Effect().persist(new Wrote(TEXT)).thenRun(() -> {
                ACKNOWLEDGED.incrementAndGet();
                if (again != null) {
                    again.tell(Tick.TICK);
                }
            });
        }

        @Override
        public EventHandler<Long, Wrote> eventHandler() {
            return (count, _) -> count + 1;
        }

        @Override
        public Set<String> tagsFor(Wrote event) {
            return Set.of("exchange");
        }
    }
}

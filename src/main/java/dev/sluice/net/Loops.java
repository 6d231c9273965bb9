package dev.sluice.net;

import com.typesafe.config.Config;
import io.netty.bootstrap.Bootstrap;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.Extension;
import org.apache.pekko.actor.typed.ExtensionId;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** The event loops of a node. Each is a dispatcher of its own, so that a connection's actors run where its sockets are read. */
public final class Loops implements Extension {
    private static final String NAMES = "sluice.loops";
    private static final String NUMBER = "sluice.event-loops";
    private static final String DISPATCHER = "sluice.event-loop-dispatcher";
    private static final int MAX = 1024;

    private static final Id ID = new Id();

    private static final class Id extends ExtensionId<Loops> {
        @Override
        public Loops createExtension(ActorSystem<?> system) {
            return new Loops(system);
        }
    }

    private final List<CompletableFuture<Loop>> starting = new ArrayList<>();
    private final AtomicInteger turn = new AtomicInteger();
    private volatile List<Loop> loops = List.of();

    private Loops(ActorSystem<?> system) {
        for (var name : system.settings().config().getConfig(NAMES).root().keySet().stream()
                .sorted()
                .toList()) {
            var started = new CompletableFuture<Loop>();
            starting.add(started);
            // Pekko stops a dispatcher that has had no actor for a second, and the sockets with it. This one stays.
            system.systemActorOf(
                    Behaviors.setup(context -> {
                        started.complete(Objects.requireNonNull(Loop.here()));
                        return Behaviors.empty();
                    }),
                    name + "-resident",
                    DispatcherSelector.fromConfig(NAMES + "." + name));
        }
    }

    /** Starts a system's loops; before they have started, nobody can {@link #get} at them. */
    public static CompletionStage<Loops> start(ActorSystem<?> system) {
        var loops = ID.apply(system);
        return CompletableFuture.allOf(loops.starting.toArray(CompletableFuture[]::new))
                .thenApply(all -> {
                    loops.loops = loops.starting.stream()
                            .map(CompletableFuture::resultNow)
                            .toList();
                    return loops;
                });
    }

    /**
     * A system's loops.
     *
     * @throws IllegalStateException when they have not started
     */
    public static Loops get(ActorSystem<?> system) {
        var loops = ID.apply(system);
        if (loops.loops.isEmpty()) {
            throw new IllegalStateException("the event loops of " + system.name() + " have not started");
        }
        return loops;
    }

    /**
     * A configuration with a dispatcher for each loop.
     *
     * @throws IllegalArgumentException for a number of loops that makes no sense
     */
    public static Config dispatchers(Config config) {
        var wanted = config.getInt(NUMBER);
        if (wanted < 0 || wanted > MAX) {
            throw new IllegalArgumentException(
                    NUMBER + ": " + wanted + " (expected: 1 to " + MAX + ", or 0 for one a core)");
        }
        var number = wanted == 0 ? Runtime.getRuntime().availableProcessors() : wanted;
        var dispatcher = config.getValue(DISPATCHER);
        var all = config.withoutPath(NAMES);
        for (var index = 0; index < number; index++) {
            all = all.withValue("%s.loop-%04d".formatted(NAMES, index), dispatcher);
        }
        return all;
    }

    public List<Loop> all() {
        return loops;
    }

    /** As {@link Loop#toFile}: on the loop whose thread this is, or on the next one. */
    public Bootstrap toFile(Path socket) {
        var here = Loop.here();
        return (here == null ? next() : here).toFile(socket);
    }

    /** The next one; they take turns. */
    public Loop next() {
        return loops.get(Math.floorMod(turn.getAndIncrement(), loops.size()));
    }
}

package dev.sluice.testing;

import dev.sluice.cluster.NodeSystem;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;

/** Nodes' actor systems in this process that find each other by seeds, faster than they would out there. */
public final class TestCluster implements AutoCloseable {
    private static final int PATIENCE_SECONDS = 40;

    private final List<Integer> ports;
    private final Map<String, Object> settings;
    private final List<ActorSystem<?>> systems = new ArrayList<>();

    /**
     * Starts nobody yet.
     *
     * @param settings of all nodes
     */
    public TestCluster(int nodes, Map<String, ?> settings) {
        this.ports = freePorts(nodes);
        this.settings = new HashMap<>(settings);
    }

    public int port(int node) {
        return ports.get(node);
    }

    /** What a node of this cluster is started with. */
    public Map<String, Object> settings(int node) {
        var all = new HashMap<String, Object>(quick());
        all.put("sluice.cluster.mode", "seeds");
        all.put("sluice.cluster.listen", "127.0.0.1:" + ports.get(node));
        all.put(
                "sluice.cluster.seeds",
                ports.stream().map(port -> "127.0.0.1:" + port).toList());
        all.putAll(settings);
        return all;
    }

    /** Decides fast, in a process that shares two cores with others. */
    public static Map<String, Object> quick() {
        return Map.of(
                "sluice.event-loops", 1,
                "sluice.cluster.stable-after", "3s",
                "pekko.cluster.seed-node-timeout", "500ms",
                "pekko.cluster.retry-unsuccessful-join-after", "500ms",
                "pekko.cluster.gossip-interval", "200ms",
                "pekko.cluster.leader-actions-interval", "200ms",
                "pekko.cluster.split-brain-resolver.down-all-when-unstable", "off");
    }

    /** Starts a node; completes when it is up. */
    public CompletionStage<ActorSystem<?>> start(int node, Map<String, ?> more) {
        var all = settings(node);
        all.putAll(more);
        return NodeSystem.start(NodeSystem.config(null, all)).thenApply(this::keep);
    }

    /** Starts them all at once and waits until they are up. */
    public List<ActorSystem<?>> startAll() throws Exception {
        var starting = new ArrayList<CompletionStage<ActorSystem<?>>>();
        for (var node = 0; node < ports.size(); node++) {
            starting.add(start(node, Map.of()));
        }
        var started = new ArrayList<ActorSystem<?>>();
        for (var system : starting) {
            started.add(system.toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS));
        }
        return started;
    }

    private synchronized ActorSystem<?> keep(ActorSystem<?> system) {
        systems.add(system);
        return system;
    }

    /** As a node goes that was asked to. */
    public static CompletionStage<Done> leave(ActorSystem<?> system) {
        return CoordinatedShutdown.get(system).runAll(CoordinatedShutdown.jvmExitReason());
    }

    @Override
    public synchronized void close() {
        systems.forEach(ActorSystem::terminate);
        for (var system : systems) {
            system.getWhenTerminated()
                    .toCompletableFuture()
                    .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
                    .join();
        }
    }

    public static List<Integer> freePorts(int number) {
        return FreePorts.take(number);
    }
}

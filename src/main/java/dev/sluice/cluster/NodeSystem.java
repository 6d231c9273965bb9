package dev.sluice.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import dev.sluice.config.SettingsKeys;
import dev.sluice.net.Loops;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.cluster.typed.SelfUp;
import org.apache.pekko.cluster.typed.Subscribe;
import org.jspecify.annotations.Nullable;

/** The actor system of a node: its configuration, and its membership. A single node is a cluster of one. */
public final class NodeSystem {
    private NodeSystem() {}

    /**
     * A node's configuration: what is set here and now over the operator's file over {@code sluice.conf} over the libraries'
     * defaults.
     *
     * @param file HOCON; null for none
     * @param set  by path, for example from the command line
     * @throws IllegalArgumentException when the file is not there, cannot be read as HOCON, or has a key of ours that nobody knows
     */
    public static Config config(@Nullable Path file, Map<String, ?> set) {
        var operator = file == null ? ConfigFactory.empty() : read(file);
        var defaults = ConfigFactory.parseResources("sluice.conf");
        SettingsKeys.check(operator, defaults);
        return Loops.dispatchers(ConfigFactory.parseMap(set)
                .withFallback(ConfigFactory.systemProperties())
                .withFallback(operator)
                .withFallback(defaults)
                .withFallback(ConfigFactory.defaultReferenceUnresolved())
                .resolve());
    }

    private static Config read(Path file) {
        if (!Files.isReadable(file) || Files.isDirectory(file)) {
            throw new IllegalArgumentException(
                    file + ": no such file, or none that may be read (expected: node settings)");
        }
        try {
            return ConfigFactory.parseFile(file.toFile());
        } catch (ConfigException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    /** Starts the system and its event loops, and joins it to itself; completes when it is up. */
    public static CompletionStage<ActorSystem<SelfUp>> start(Config config) {
        var up = new CompletableFuture<SelfUp>();
        var system = ActorSystem.create(joining(up), "sluice", config);
        var _ = system.getWhenTerminated()
                .thenRun(() -> up.completeExceptionally(
                        new IllegalStateException("the actor system stopped before it was up")));
        return up.thenCombine(Loops.start(system), (selfUp, loops) -> system);
    }

    private static Behavior<SelfUp> joining(CompletableFuture<SelfUp> up) {
        return Behaviors.setup(context -> {
            var cluster = Cluster.get(context.getSystem());
            cluster.subscriptions().tell(Subscribe.create(context.getSelf(), SelfUp.class));
            cluster.manager().tell(Join.create(cluster.selfMember().address()));
            return Behaviors.receiveMessage(selfUp -> {
                up.complete(selfUp);
                return Behaviors.same();
            });
        });
    }
}

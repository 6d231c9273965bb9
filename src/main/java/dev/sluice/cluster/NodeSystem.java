package dev.sluice.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import dev.sluice.config.ClusterSettings;
import dev.sluice.config.SettingsKeys;
import dev.sluice.net.Loops;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.typed.SelfUp;
import org.apache.pekko.pki.pem.DERPrivateKeyLoader;
import org.apache.pekko.pki.pem.PEMDecoder;
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
        var written = ConfigFactory.parseMap(set)
                .withFallback(ConfigFactory.systemProperties())
                .withFallback(operator);
        var reference = ConfigFactory.defaultReferenceUnresolved();
        var cluster = ClusterSettings.of(
                written.withFallback(defaults).withFallback(reference).resolve());
        return alone(Loops.dispatchers(written.withFallback(PekkoSettings.of(cluster, version()))
                .withFallback(defaults)
                .withFallback(reference)
                .resolve()));
    }

    private static @Nullable String version() {
        return NodeSystem.class.getPackage().getImplementationVersion();
    }

    /** Pekko would find out with every connection, and log it each time. */
    private static void checkKey(Path key) {
        try {
            var _ = DERPrivateKeyLoader.load(PEMDecoder.decode(Files.readString(key)));
        } catch (Exception e) { // Scala declares none of them
            throw new IllegalArgumentException(
                    "sluice.cluster.tls.key: " + key + ": " + e.getMessage() + " (expected: an RSA key, in PEM)", e);
        }
    }

    /** Pekko's own settings may be written, too, and must not open what ours would not. */
    private static Config alone(Config config) {
        var artery = config.getConfig("pekko.remote.artery");
        var host = artery.getString("bind.hostname").isEmpty()
                ? artery.getString("canonical.hostname")
                : artery.getString("bind.hostname");
        if (ClusterSettings.of(config).isSingle()
                && !new ClusterSettings.Address(host, 0).isLoopback()
                && !artery.getString("transport").equals("tls-tcp")) {
            throw new IllegalArgumentException(
                    "pekko.remote.artery: listens on " + host
                            + " in the clear, where others can join and command this node (expected: sluice.cluster, which has TLS)");
        }
        return config;
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

    /**
     * Starts the system and its event loops, and has it join its cluster, which is itself when it is single; completes when it is up. Fails when
     * nobody lets it in.
     */
    public static CompletionStage<ActorSystem<?>> start(Config config) {
        var settings = ClusterSettings.of(config);
        if (settings.tls().isOn()) {
            checkKey(Path.of(settings.tls().key()));
        }
        var up = new CompletableFuture<SelfUp>();
        var system = ActorSystem.create(Joining.create(settings, up), "sluice", config);
        var _ = system.getWhenTerminated()
                .thenRun(() -> up.completeExceptionally(
                        new IllegalStateException("the actor system stopped before it was up")));
        return up.thenCombine(Loops.start(system), (selfUp, loops) -> system);
    }
}

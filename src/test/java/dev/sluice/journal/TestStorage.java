package dev.sluice.journal;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorSystem;

/** Actor systems that keep their events in a directory of the test. */
public final class TestStorage {
    public static final Duration PATIENCE = Duration.ofSeconds(60);

    private TestStorage() {}

    public static Config config(Path directory) {
        return config(directory, "");
    }

    public static Config config(Path directory, String overrides) {
        return ConfigFactory.parseString(overrides)
                .withFallback(ConfigFactory.parseString("""
                        sluice.storage { kind = sqlite, directory = "%s" }
                        pekko.persistence.journal.plugin = "sluice.journal.events"
                        pekko.persistence.snapshot-store.plugin = "sluice.journal.snapshots"
                        pekko.actor.serialization-bindings { "dev.sluice.cluster.JsonSerializable" = jackson-json }
                        pekko.coordinated-shutdown.exit-jvm = off
                        pekko.jvm-shutdown-hooks = off
                        pekko.loglevel = WARNING
                        """.formatted(directory)))
                .withFallback(ConfigFactory.parseResources("journal.conf"))
                .withFallback(ConfigFactory.load())
                .resolve();
    }

    public static void stop(ActorSystem system) {
        system.terminate();
        await(system.getWhenTerminated());
    }

    public static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (java.util.concurrent.ExecutionException e) {
            throw new AssertionError(e.getCause());
        } catch (InterruptedException | java.util.concurrent.TimeoutException e) {
            throw new AssertionError("Gave up waiting", e);
        }
    }
}

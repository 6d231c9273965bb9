package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.sluice.cassandra.CassandraStore;
import dev.sluice.testing.CassandraServer;
import dev.sluice.testing.Eventually;
import java.time.Duration;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.BeforeEach;

/** The same with letters in Cassandra, and a second process that has none of the first one's files. */
class HookKillNineCassandraIT extends HookKillNineIT {
    private static final Duration CREATING = Duration.ofMinutes(3);

    private final String settings = CassandraServer.shared().settings(CassandraServer.freshKeyspace());

    /** So many tables take longer than a process is given to start. */
    @BeforeEach
    void createTables() {
        var kit = ActorTestKit.create(
                "tables",
                ConfigFactory.parseString(settings)
                        .withFallback(ConfigFactory.parseResources("sluice-cassandra.conf"))
                        .withFallback(ConfigFactory.load())
                        .resolve());
        try {
            for (var room : List.of("journal", "roll", "captures", "hooks", "ledger")) {
                var created = CassandraStore.get(kit.system()).tables(room).toCompletableFuture();
                Eventually.await(CREATING, () -> assertThat(created).isCompleted());
            }
        } finally {
            kit.shutdownTestKit();
        }
    }

    @Override
    String storage() {
        return settings + "\nsluice.hooks.lease = 4s";
    }

    @Override
    String data(int life) {
        return "data-" + life;
    }
}

package dev.sluice.cassandra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import dev.sluice.testing.CassandraServer;
import dev.sluice.testing.Eventually;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CassandraStoreCassandraIT {
    private final CassandraServer server = CassandraServer.shared();
    private final String keyspace = CassandraServer.freshKeyspace();
    private ActorTestKit kit = kit("");

    private ActorTestKit kit(String more) {
        return ActorTestKit.create(
                "store",
                ConfigFactory.parseString(more)
                        .withFallback(ConfigFactory.parseString(server.settings(keyspace)))
                        .withFallback(ConfigFactory.parseResources("sluice-cassandra.conf"))
                        .withFallback(ConfigFactory.load())
                        .resolve());
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    private static <T> T await(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    @Test
    void makesTablesAndKeepsWhatIsWritten() throws Exception {
        // Given
        var store = CassandraStore.get(kit.system());
        await(store.tables("journal"));

        // When
        var writes = new ArrayList<CassandraStore.Write>();
        for (var i = 0; i < 100; i++) {
            writes.add(new CassandraStore.Write(
                    "INSERT INTO tag_write_progress (persistence_id, tag, sequence_nr) VALUES (?, ?, ?)",
                    "one",
                    "tag" + i,
                    (long) i));
        }
        await(store.writeTogether(writes));
        await(store.write("INSERT INTO all_persistence_ids (persistence_id) VALUES (?)", "one"));

        // Then
        var select = "SELECT sequence_nr FROM tag_write_progress WHERE persistence_id = ?";
        assertThat(await(store.read(select, "one"))).hasSize(100);
        assertThat(await(store.rows(select, "one").runWith(Sink.seq(), kit.system())))
                .hasSize(100);
        assertThat(await(store.writeIf(
                        "INSERT INTO all_persistence_ids (persistence_id) VALUES (?) IF NOT EXISTS", "one")))
                .isFalse();
    }

    @Test
    void refusesAKeyspaceThatLacksATable() throws Exception {
        // Given
        await(CassandraStore.get(kit.system()).tables("journal"));
        try (var session = server.session()) {
            session.execute("DROP TABLE " + keyspace + ".snapshots");
        }
        kit.shutdownTestKit();
        kit = kit("sluice.cassandra.schema = check");

        // When / Then
        assertThatThrownBy(() -> await(CassandraStore.get(kit.system()).tables("journal")))
                .hasMessageContaining("without snapshots.meta")
                .hasMessageContaining("cluster/cassandra/journal.cql");
    }

    @Test
    void failsSoonWhileCassandraIsGoneAndHealsByItself() throws Exception {
        // Given
        kit.shutdownTestKit();
        kit = kit("sluice.cassandra.request-timeout = 2s");
        var store = CassandraStore.get(kit.system());
        await(store.tables("journal"));
        var insert = "INSERT INTO all_persistence_ids (persistence_id) VALUES (?)";
        await(store.write(insert, "before"));
        try {
            // When
            server.kill();
            var begun = System.nanoTime();
            assertThatThrownBy(() -> await(store.write(insert, "meanwhile")));

            // Then
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(5));
        } finally {
            server.startAgain();
        }
        Eventually.await(Duration.ofSeconds(30), () -> await(store.write(insert, "after")));
        assertThat(await(store.read("SELECT * FROM all_persistence_ids")).stream()
                        .map(row -> row.getString(0))
                        .toList())
                .containsAll(List.of("before", "after"));
    }
}

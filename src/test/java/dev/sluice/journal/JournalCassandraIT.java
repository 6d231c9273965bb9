package dev.sluice.journal;

import static dev.sluice.journal.TestStorage.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.sluice.cassandra.CassandraStore;
import dev.sluice.testing.CassandraServer;
import dev.sluice.testing.Eventually;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events and snapshots in a real Cassandra, through what {@code conf/cassandra.conf} says. */
class JournalCassandraIT {
    private final CassandraServer server = CassandraServer.shared();
    private final String keyspace = CassandraServer.freshKeyspace();
    private ActorTestKit kit = ActorTestKit.create("journal", config());

    @TempDir
    private Path directory;

    private Config config() {
        return ConfigFactory.parseString(server.settings(keyspace))
                .withFallback(
                        ConfigFactory.parseString(
                                "pekko.actor.serialization-bindings { \"dev.sluice.cluster.JsonSerializable\" = jackson-json }"))
                .withFallback(ConfigFactory.parseResources("sluice-cassandra.conf"))
                .withFallback(ConfigFactory.load())
                .resolve();
    }

    /** An entity's patience is not for tables that are being made. */
    @BeforeEach
    void makeTables() {
        await(CassandraStore.get(kit.system()).tables("journal"));
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    private CompletionStage<Done> note(ActorRef<Diary.Command> diary, String line) {
        return AskPattern.ask(
                diary,
                (ActorRef<Done> replyTo) -> new Diary.Note(line, replyTo),
                Duration.ofSeconds(10),
                kit.system().scheduler());
    }

    private Diary.Lines read(ActorRef<Diary.Command> diary) {
        return await(AskPattern.ask(
                diary, Diary.Read::new, Duration.ofSeconds(15), kit.system().scheduler()));
    }

    @Test
    void whatWasAnsweredIsThereAfterBothAreKilled() throws Exception {
        // Given
        assertThat(Storage.kind(kit.system())).isEqualTo(Storage.Kind.CASSANDRA);
        var diary = kit.spawn(Diary.create("a"));
        for (var i = 1; i <= 25; i++) {
            await(note(diary, "line " + i));
        }

        // When
        try {
            server.kill();
        } finally {
            server.startAgain();
        }
        kit.shutdownTestKit();
        kit = ActorTestKit.create("journal", config());

        // Then
        var again = kit.spawn(Diary.create("a"));
        assertThat(read(again)).isEqualTo(new Diary.Lines(25, "line 25"));
        try (var files = Files.list(directory)) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void anEntityGoesOnByItselfOnceCassandraIsBack() {
        // Given
        var diary = kit.spawn(Diary.create("b"));
        await(note(diary, "before"));

        // When
        try {
            server.kill();
            var unheard = note(diary, "meanwhile").handle((_, failure) -> failure != null);
            assertThat(await(unheard)).isTrue();
        } finally {
            server.startAgain();
        }

        // Then
        Eventually.await(Duration.ofSeconds(60), () -> {
            boolean kept = await(note(diary, "after").handle((_, failure) -> failure == null));
            assertThat(kept).isTrue();
        });
        assertThat(read(diary).last()).isEqualTo("after");
    }
}

package dev.sluice.quota;

import static dev.sluice.quota.Rules.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.quota.BucketState.Open;
import dev.sluice.quota.BucketState.Snapshot;
import dev.sluice.quota.Change.Defined;
import dev.sluice.quota.Change.Expired;
import dev.sluice.quota.Change.Leased;
import dev.sluice.quota.Change.Refilled;
import dev.sluice.quota.Change.Released;
import dev.sluice.quota.Change.Reserved;
import dev.sluice.quota.Change.Settled;
import dev.sluice.quota.RecentIds.Second;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.SerializerWithStringManifest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What lies in journals out there stays readable; and what is written today is what is in the files. */
class QuotaGoldenFilesTest {
    private static ActorTestKit testKit;
    private static Serialization serialization;

    @BeforeAll
    static void start() {
        testKit = ActorTestKit.create(TestSystem.config());
        serialization = SerializationExtension.get(testKit.system());
    }

    @AfterAll
    static void stop() {
        testKit.shutdownTestKit();
    }

    record Golden(String file, Change change) {}

    static Stream<Golden> changes() {
        return Stream.of(
                new Golden("defined", new Defined(5_000_000_000L, 1_000_000_000L, Duration.ofDays(1), "$1/day", true)),
                new Golden(
                        "reserved",
                        new Reserved("req-1", 60, "sluice@10.0.0.1:25520#1y2p0ij", "anme_0123456789abcdef")),
                new Golden("settled", new Settled("req-1", 40)),
                new Golden("released", new Released("req-1")),
                new Golden("expired", new Expired("req-1", 60)),
                new Golden("refilled", new Refilled(1_000_000_000L)),
                new Golden("leased", new Leased(7, "sluice@10.0.0.1:25520#1y2p0ij", 900, 1_000, 41, false)));
    }

    @ParameterizedTest
    @MethodSource("changes")
    void readsAndWritesChangesAsTheyLieInTheJournal(Golden golden) throws IOException {
        var batch = new Batch(NOON, List.of(golden.change()));

        assertThat(read(golden.file(), Batch.class)).isEqualTo(batch);
        assertThat(json(batch)).isEqualTo(file(golden.file()));
    }

    @Test
    void readsAndWritesSnapshotsAsTheyLieInTheStore() throws IOException {
        var snapshot = new Snapshot(
                new Defined(5_000_000_000L, 1_000_000_000L, Duration.ofDays(1), "$1/day", false),
                new Balance(4_999_999_900L, 7, NOON),
                100,
                List.of(new Open("req-3", 60, "sluice@10.0.0.1:25520#1y2p0ij", "anme_0123456789abcdef")),
                List.of(new Second(NOON, List.of("req-1", "req-4"), List.of(40L, 0L))),
                List.of(new Second(NOON, List.of("req-2"), List.of(60L))),
                List.of(new Leased(7, "sluice@10.0.0.1:25520#1y2p0ij", 900, 1_000, 41, false)));

        assertThat(read("snapshot", BucketState.class).snapshot()).isEqualTo(snapshot);
        assertThat(json(BucketState.of(snapshot))).isEqualTo(file("snapshot"));
    }

    @Test
    void readsSnapshotsInWhichEachRequestHadItsOwnInstant() throws IOException {
        var state = read("snapshot.instants", BucketState.class);

        assertThat(state.snapshot())
                .isEqualTo(read("snapshot.unleased", BucketState.class).snapshot());
    }

    @Test
    void readsSnapshotsOfBeforeThereWereLeases() throws IOException {
        var state = read("snapshot.unleased", BucketState.class);

        assertThat(state.leases()).isEmpty();
        assertThat(state.snapshot().open())
                .isEqualTo(read("snapshot", BucketState.class).snapshot().open());
    }

    private static <T> T read(String file, Class<T> type) throws IOException {
        var serializer = (SerializerWithStringManifest) serialization.serializerFor(type);
        return type.cast(serializer.fromBinary(file(file).getBytes(StandardCharsets.UTF_8), type.getName()));
    }

    private static String json(Object value) {
        return new String(serialization.serialize(value).get(), StandardCharsets.UTF_8);
    }

    private static String file(String name) throws IOException {
        try (var in = Objects.requireNonNull(
                QuotaGoldenFilesTest.class.getResourceAsStream("/journal/quota/" + name + ".json"), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
        }
    }
}

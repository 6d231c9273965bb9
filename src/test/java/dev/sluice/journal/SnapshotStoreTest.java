package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cluster.JsonSerializable;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.persistence.DeleteSnapshotSuccess;
import org.apache.pekko.persistence.DeleteSnapshotsSuccess;
import org.apache.pekko.persistence.Persistence;
import org.apache.pekko.persistence.SaveSnapshotFailure;
import org.apache.pekko.persistence.SaveSnapshotSuccess;
import org.apache.pekko.persistence.SelectedSnapshot;
import org.apache.pekko.persistence.SnapshotMetadata;
import org.apache.pekko.persistence.SnapshotProtocol;
import org.apache.pekko.persistence.SnapshotSelectionCriteria;
import org.apache.pekko.testkit.javadsl.TestKit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.jdk.javaapi.OptionConverters;

/** What Pekko expects of every snapshot store; five snapshots stand, taken at sequence numbers 10 to 50 and times 1,010 to 1,050. */
class SnapshotStoreTest {
    record Sum(long total) implements JsonSerializable {}

    private static final SnapshotSelectionCriteria LATEST = SnapshotSelectionCriteria.latest();

    @TempDir
    private Path directory;

    private ActorSystem system;
    private ActorRef store;

    @BeforeEach
    void start() {
        system = ActorSystem.create("snapshots", TestStorage.config(directory));
        store = Persistence.get(system).snapshotStoreFor("", system.settings().config());
        for (var seq = 10; seq <= 50; seq += 10) {
            save(new SnapshotMetadata("a", seq, 0), new Sum(seq));
        }
        // Pekko stamps a snapshot with the time of its clock; the tests need times they know.
        TestStorage.await(SqliteStore.get(system).write(connection -> {
            SqliteFile.execute(connection, "UPDATE snapshot SET taken = 1000 + seq");
            return true;
        }));
    }

    @AfterEach
    void stop() {
        TestStorage.stop(system);
    }

    @Test
    void hasNoneOfAnEntityItNeverSaw() {
        assertThat(load("b", LATEST, Long.MAX_VALUE)).isEmpty();
    }

    @Test
    void loadsTheLatest() {
        var snapshot = load("a", LATEST, Long.MAX_VALUE).orElseThrow();

        assertThat(snapshot.snapshot()).isEqualTo(new Sum(50));
        assertThat(snapshot.metadata()).isEqualTo(new SnapshotMetadata("a", 50, 1050));
    }

    @Test
    void loadsTheLatestUpToASequenceNumber() {
        assertThat(loaded(SnapshotSelectionCriteria.create(35, Long.MAX_VALUE), Long.MAX_VALUE))
                .isEqualTo(30);
    }

    @Test
    void loadsTheLatestUpToATime() {
        assertThat(loaded(SnapshotSelectionCriteria.create(Long.MAX_VALUE, 1020), Long.MAX_VALUE))
                .isEqualTo(20);
    }

    @Test
    void loadsTheLatestUpToWhereTheReplayEnds() {
        assertThat(loaded(LATEST, 40)).isEqualTo(40);
    }

    @Test
    void loadsNothingBelowTheLeastAskedFor() {
        assertThat(load("a", SnapshotSelectionCriteria.create(19, Long.MAX_VALUE, 11, 0), Long.MAX_VALUE))
                .isEmpty();
        assertThat(load("a", SnapshotSelectionCriteria.create(Long.MAX_VALUE, 1019, 0, 1011), Long.MAX_VALUE))
                .isEmpty();
    }

    @Test
    void deletesOneWhateverItsTime() {
        deleteOne(new SnapshotMetadata("a", 30, 0));

        assertThat(loaded(SnapshotSelectionCriteria.create(30, Long.MAX_VALUE), Long.MAX_VALUE))
                .isEqualTo(20);
        assertThat(loaded(LATEST, Long.MAX_VALUE)).isEqualTo(50);
    }

    @Test
    void deletesARange() {
        deleteAll(SnapshotSelectionCriteria.create(40, 1030, 15, 0));

        assertThat(loaded(SnapshotSelectionCriteria.create(39, Long.MAX_VALUE), Long.MAX_VALUE))
                .isEqualTo(10);
        assertThat(loaded(SnapshotSelectionCriteria.create(40, Long.MAX_VALUE), Long.MAX_VALUE))
                .isEqualTo(40);
    }

    @Test
    void replacesOneWithTheSameNumber() {
        save(new SnapshotMetadata("a", 50, 2000), new Sum(7));

        assertThat(load("a", LATEST, Long.MAX_VALUE).orElseThrow().snapshot()).isEqualTo(new Sum(7));
    }

    @Test
    void keepsWhatIsSaidBesideIt() {
        save(new SnapshotMetadata("a", 60, 2000).withMetadata(new Sum(1)), new Sum(60));

        var metadata = load("a", LATEST, Long.MAX_VALUE).orElseThrow().metadata();

        assertThat(metadata.metadata().get()).isEqualTo(new Sum(1));
    }

    @Test
    void keepsABigOneThroughARestart() {
        var big = new byte[600_000];
        Arrays.fill(big, (byte) 7);
        save(new SnapshotMetadata("b", 1, 1), big);

        stop();
        start();

        assertThat((byte[]) load("b", LATEST, Long.MAX_VALUE).orElseThrow().snapshot())
                .isEqualTo(big);
    }

    @Test
    void failsToSaveWhatNobodyCanSerialize() {
        var probe = new TestKit(system);

        store.tell(new SnapshotProtocol.SaveSnapshot(new SnapshotMetadata("a", 60, 1), new Object()), probe.getRef());

        probe.expectMsgClass(SaveSnapshotFailure.class);
    }

    private long loaded(SnapshotSelectionCriteria criteria, long to) {
        return load("a", criteria, to).orElseThrow().metadata().sequenceNr();
    }

    private Optional<SelectedSnapshot> load(String entity, SnapshotSelectionCriteria criteria, long to) {
        var probe = new TestKit(system);
        store.tell(new SnapshotProtocol.LoadSnapshot(entity, criteria, to), probe.getRef());
        return OptionConverters.toJava(
                probe.expectMsgClass(SnapshotProtocol.LoadSnapshotResult.class).snapshot());
    }

    private void save(SnapshotMetadata metadata, Object snapshot) {
        var probe = new TestKit(system);
        store.tell(new SnapshotProtocol.SaveSnapshot(metadata, snapshot), probe.getRef());
        probe.expectMsgClass(SaveSnapshotSuccess.class);
    }

    private void deleteOne(SnapshotMetadata metadata) {
        var probe = new TestKit(system);
        store.tell(new SnapshotProtocol.DeleteSnapshot(metadata), probe.getRef());
        probe.expectMsgClass(DeleteSnapshotSuccess.class);
    }

    private void deleteAll(SnapshotSelectionCriteria criteria) {
        var probe = new TestKit(system);
        store.tell(new SnapshotProtocol.DeleteSnapshots("a", criteria), probe.getRef());
        probe.expectMsgClass(DeleteSnapshotsSuccess.class);
    }
}

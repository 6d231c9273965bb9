package dev.sluice.journal;

import static dev.sluice.journal.TestStorage.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.testing.Eventually;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.actor.ActorSystem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who waits is served first, who does not is served all the same, and the log ends though nobody pauses. */
class PatientWorkTest {
    private final List<String> served = Collections.synchronizedList(new ArrayList<>());
    private final CountDownLatch gate = new CountDownLatch(1);

    @TempDir
    private Path directory;

    private ActorSystem system;
    private SqliteStore store;

    @BeforeEach
    void start() {
        start("");
    }

    private void start(String overrides) {
        system = ActorSystem.create("patient", TestStorage.config(directory, overrides));
        store = SqliteStore.get(system);
    }

    private void restart(String overrides) {
        stop();
        start(overrides);
    }

    @AfterEach
    void stop() {
        TestStorage.stop(system);
    }

    @Test
    void letsNobodyWaitForMoreThanOnePiece() {
        holdTheWriter();
        var patient = store.writePatiently((_, piece) -> {
            served.add("piece " + piece);
            if (piece == 1) {
                store.write(_ -> served.add("in between"));
            }
            return piece < 3;
        });
        store.write(_ -> served.add("first"));
        store.write(_ -> served.add("second"));

        gate.countDown();

        await(patient);
        assertThat(served).containsExactly("piece 0", "first", "second", "piece 1", "in between", "piece 2", "piece 3");
    }

    @Test
    void doesNotStarveWhileSomebodyAlwaysWaits() {
        var enough = new AtomicBoolean();
        holdTheWriter();
        again(enough);
        var patient = store.writePatiently((_, piece) -> {
            served.add("piece");
            return piece < 4;
        });

        gate.countDown();

        await(patient);
        enough.set(true);
        var turns = List.copyOf(served);
        assertThat(turns.subList(turns.indexOf("piece"), turns.lastIndexOf("piece") + 1))
                .containsExactly("piece", "urgent", "piece", "urgent", "piece", "urgent", "piece", "urgent", "piece");
    }

    /** Whenever it is served, it waits again before anything else is. */
    private void again(AtomicBoolean enough) {
        store.write(_ -> {
            served.add("urgent");
            if (!enough.get()) {
                again(enough);
            }
            return true;
        });
    }

    @Test
    void completesWhenItsLastPieceIsCommitted() {
        var patient = store.writePatiently((connection, piece) -> insert(connection, "p" + piece) && piece < 9);

        var seen = await(patient.thenCompose(_ -> store.read(PatientWorkTest::count)));

        assertThat(seen).isEqualTo(10);
    }

    @Test
    void keepsThePiecesBeforeTheOneThatFailsAndRunsNoneAfterIt() {
        var patient = store.writePatiently((connection, piece) -> {
            served.add("piece " + piece);
            insert(connection, "p" + piece);
            if (piece == 2) {
                throw new SQLException("on purpose");
            }
            return true;
        });
        var other = store.writePatiently((connection, piece) -> insert(connection, "other") && piece < 0);

        assertThatThrownBy(patient.toCompletableFuture()::join).hasMessageContaining("on purpose");
        await(other);

        assertThat(served).containsExactly("piece 0", "piece 1", "piece 2");
        assertThat(await(store.read(PatientWorkTest::count))).isEqualTo(3);
    }

    @Test
    void doesNotSufferFromAGroupThatFails() {
        holdTheWriter();
        store.write(_ -> {
            throw new SQLException("on purpose");
        });
        store.write(_ -> served.add("urgent"));
        var patient = store.writePatiently((connection, piece) -> insert(connection, "p" + piece) && piece < 2);

        gate.countDown();

        await(patient);
        assertThat(await(store.read(PatientWorkTest::count))).isEqualTo(3);
    }

    @Test
    void isWrittenToItsEndBeforeTheStorageCloses() {
        holdTheWriter();
        for (var job = 0; job < 10; job++) {
            var name = "job " + job + " ";
            store.writePatiently((connection, piece) -> insert(connection, name + piece) && piece < 9);
            store.write(connection -> insert(connection, name));
        }
        system.terminate();

        gate.countDown();

        restart("");
        assertThat(await(store.read(PatientWorkTest::count))).isEqualTo(110);
    }

    @Test
    void isRefusedAfterTheStorageClosed() {
        stop();

        var late = store.writePatiently((_, _) -> false);

        assertThatThrownBy(late.toCompletableFuture()::join).hasMessageContaining("closed");
    }

    @Test
    void isRefusedWhenTooMuchOfItWaitsAndTakesNobodysPlace() {
        restart("sluice.journal.queue-capacity = 2");
        holdTheWriter();
        var first = store.writePatiently((_, _) -> false);
        var second = store.writePatiently((_, _) -> false);

        var third = store.writePatiently((_, _) -> false);
        var urgent = store.write(_ -> "written");

        assertThatThrownBy(third.toCompletableFuture()::join)
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(RejectedExecutionException.class)
                .hasMessageContaining("the writer is behind");
        gate.countDown();
        await(first);
        await(second);
        assertThat(await(urgent)).isEqualTo("written");
    }

    @Test
    void startsTheLogOverThoughTheWriterNeverPauses() {
        restart("sluice.journal.checkpoint-pages = 50");
        // SQLite's own are the way out when ours fail: here they must not help.
        await(store.write(connection -> {
            SqliteFile.execute(connection, "PRAGMA wal_autocheckpoint = 0");
            return true;
        }));
        var enough = new AtomicBoolean();
        insertOnAndOn(enough, 0);

        Eventually.await(
                TestStorage.PATIENCE, () -> assertThat(timesTheLogStartedOver()).isGreaterThanOrEqualTo(3));

        enough.set(true);
    }

    private void insertOnAndOn(AtomicBoolean enough, int number) {
        store.write(connection -> {
            if (!enough.get()) {
                insertOnAndOn(enough, number + 1);
            }
            return insert(connection, "n" + number);
        });
    }

    /** From the header of SQLite's log. */
    private int timesTheLogStartedOver() {
        try (var log = FileChannel.open(Path.of(directory + "/sluice.db-wal"))) {
            var sequence = ByteBuffer.allocate(4);
            log.read(sequence, 12);
            return sequence.flip().remaining() < 4 ? 0 : sequence.getInt();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** So that what is submitted meanwhile waits together. */
    private void holdTheWriter() {
        var running = new CountDownLatch(1);
        store.write(_ -> {
            running.countDown();
            return pass(gate);
        });
        pass(running);
    }

    private static boolean pass(CountDownLatch latch) {
        try {
            return latch.await(TestStorage.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static boolean insert(Connection connection, String name) throws SQLException {
        try (var insert = connection.prepareStatement("INSERT INTO tag (name) VALUES (?)")) {
            insert.setString(1, name);
            return insert.executeUpdate() == 1;
        }
    }

    private static long count(Connection connection) throws SQLException {
        return SqliteFile.number(connection, "SELECT count(*) FROM tag");
    }
}

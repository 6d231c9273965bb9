package dev.sluice.journal;

import static dev.sluice.journal.TestStorage.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import org.apache.pekko.actor.ActorSystem;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file: what is written stays, and what cannot be trusted is refused with a reason and left as it is. */
class SqliteStoreTest {
    @TempDir
    private Path directory;

    private @Nullable ActorSystem system;

    @AfterEach
    void stop() {
        if (system != null) {
            TestStorage.stop(system);
        }
    }

    private ActorSystem start(Path storage, String overrides) {
        var started = ActorSystem.create("store", TestStorage.config(storage, overrides));
        system = started;
        return started;
    }

    private SqliteStore open(String overrides) {
        return SqliteStore.get(start(directory, overrides));
    }

    private SqliteStore open() {
        return open("");
    }

    @Test
    void completesAWriteOffItsThreadOnceItCanBeRead() {
        var store = open();

        var thread = await(store.write(connection -> insert(connection, "a"))
                .thenApply(_ -> Thread.currentThread().getName()));

        assertThat(thread).doesNotContain("sluice-journal-writer").doesNotContain("ForkJoinPool.commonPool");
        assertThat(count(store)).isEqualTo(1);
    }

    @Test
    void keepsTheOthersOfAGroupWhenOneFails() {
        var store = open();
        var gate = new CountDownLatch(1);
        store.write(_ -> awaitGate(gate));
        var before = store.write(connection -> insert(connection, "before"));
        var faulty = store.write(connection -> {
            insert(connection, "half done");
            throw new SQLException("on purpose");
        });
        var after = store.write(connection -> insert(connection, "after"));

        gate.countDown();

        assertThat(await(before)).isEqualTo(1);
        assertThat(await(after)).isEqualTo(1);
        assertThatThrownBy(faulty.toCompletableFuture()::join).hasMessageContaining("on purpose");
        assertThat(count(store)).isEqualTo(2);
    }

    @Test
    void saysSoWhenTooMuchWaits() {
        var store = open("sluice.journal.queue-capacity = 2");
        var gate = new CountDownLatch(1);
        var running = new CountDownLatch(1);
        store.write(_ -> {
            running.countDown();
            return awaitGate(gate);
        });
        awaitGate(running);
        var first = store.write(connection -> insert(connection, "1"));
        var second = store.write(connection -> insert(connection, "2"));

        var third = store.write(connection -> insert(connection, "3"));

        assertThatThrownBy(third.toCompletableFuture()::join)
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(RejectedExecutionException.class)
                .hasMessageContaining("the writer is behind");
        gate.countDown();
        assertThat(await(first) + await(second)).isEqualTo(2);
    }

    @Test
    void saysSoWhenWhatWaitsIsTooLarge() {
        var store = open("sluice.journal.queue-bytes = 10 KiB");

        var write = store.write(connection -> insert(connection, "big"), 20_000);

        assertThatThrownBy(write.toCompletableFuture()::join).hasMessageContaining("the writer is behind");
        var small = store.write(connection -> insert(connection, "small"));
        assertThat(await(small)).isEqualTo(1);
    }

    @Test
    void writesWhatWasSubmittedBeforeItCloses() {
        var store = open();
        for (var i = 0; i < 1000; i++) {
            var name = "n" + i;
            store.write(connection -> insert(connection, name));
        }

        stop();

        assertThat(Path.of(directory + "/sluice.db-wal"))
                .satisfiesAnyOf(
                        log -> assertThat(log).doesNotExist(),
                        log -> assertThat(log).isEmptyFile());
        assertThat(count(open())).isEqualTo(1000);
    }

    @Test
    void refusesWorkAfterItClosed() {
        var store = open();
        stop();

        assertThatThrownBy(store.write(connection -> insert(connection, "late")).toCompletableFuture()::join)
                .hasMessageContaining("closed");
        assertThatThrownBy(store.read(_ -> 1).toCompletableFuture()::join).hasMessageContaining("closed");
    }

    @Test
    void letsReadersOnlyRead() {
        var store = open();

        var write = store.read(connection -> insert(connection, "x"));

        assertThatThrownBy(write.toCompletableFuture()::join).hasMessageContaining("readonly");
    }

    @Test
    void refusesADirectoryThatIsInUse() {
        open();
        var second = ActorSystem.create("second", TestStorage.config(directory));

        assertThatThrownBy(() -> SqliteStore.get(second))
                .isInstanceOf(UnusableStorageException.class)
                .hasMessageContaining("sluice.lock")
                .hasMessageContaining("in use");
        TestStorage.stop(second);
    }

    @Test
    void refusesGarbageAndLeavesItAlone() throws IOException {
        Files.writeString(file(), "this is not a database, but someone may still need it");

        assertRefused("damaged, or not a SQLite database");

        assertThat(file()).hasContent("this is not a database, but someone may still need it");
    }

    @Test
    void refusesAnEmptyFileRatherThanTakingItForAFreshStart() throws IOException {
        Files.createFile(file());

        assertRefused("damaged, or not a SQLite database");

        assertThat(file()).isEmptyFile();
    }

    @Test
    void refusesALogWithoutItsFile() throws IOException {
        Files.writeString(Path.of(file() + "-wal"), "what was committed last");

        assertRefused("its log");
    }

    @Test
    void refusesADamagedPage() throws IOException {
        filled();
        try (var channel = FileChannel.open(file(), StandardOpenOption.WRITE)) {
            for (var page = 2; page < channel.size() / 4096; page++) {
                channel.write(java.nio.ByteBuffer.wrap(new byte[] {99, 98, 97, 96, 95, 94}), page * 4096L);
            }
        }

        assertRefused("Restore it from a backup");
    }

    @Test
    void refusesACutFile() throws IOException {
        filled();
        try (var channel = FileChannel.open(file(), StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() / 2);
        }

        assertRefused("Restore it from a backup");
    }

    @Test
    void refusesTheDatabaseOfAnotherApplication() throws SQLException {
        sql("CREATE TABLE theirs (x)");

        assertRefused("belongs to another application");
    }

    @Test
    void refusesAFileOfANewerVersion() throws SQLException {
        open();
        stop();
        sql("PRAGMA user_version = 99");

        assertRefused("format 99");
    }

    @Test
    void refusesADirectoryThatIsAFile() throws IOException {
        var blocked = directory.resolve("file");
        Files.createFile(blocked);
        var started = start(blocked, "");

        assertThatThrownBy(() -> SqliteStore.get(started))
                .isInstanceOf(UnusableStorageException.class)
                .hasMessageContaining("cannot be made");
    }

    @Test
    void opensAgainAfterARefusalWasPutRight() throws IOException {
        Files.createFile(file());
        assertRefused("damaged");
        stop();
        Files.delete(file());

        assertThat(count(open())).isZero();
    }

    @Test
    void namesASettingThatIsWrong() {
        var started = start(directory, "sluice.journal.synchronous = sometimes");

        assertThatThrownBy(() -> SqliteStore.get(started))
                .hasMessageContaining("sluice.journal.synchronous: sometimes (expected: normal or full)");
    }

    private void assertRefused(String reason) {
        var started = start(directory, "");
        assertThatThrownBy(() -> SqliteStore.get(started))
                .isInstanceOf(UnusableStorageException.class)
                .hasMessageContaining("sluice.db")
                .hasMessageContaining(reason);
    }

    private void filled() {
        var store = open();
        for (var i = 0; i < 2000; i++) {
            var name = "a name of some length to fill a number of pages " + i;
            store.write(connection -> insert(connection, name));
        }
        stop();
    }

    private Path file() {
        return directory.resolve("sluice.db");
    }

    private void sql(String sql) throws SQLException {
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file());
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static int insert(java.sql.Connection connection, String name) throws SQLException {
        try (var insert = connection.prepareStatement("INSERT INTO tag (name) VALUES (?)")) {
            insert.setString(1, name);
            return insert.executeUpdate();
        }
    }

    private static long count(SqliteStore store) {
        return await(store.read(connection -> SqliteFile.number(connection, "SELECT count(*) FROM tag")));
    }

    private static boolean awaitGate(CountDownLatch gate) {
        try {
            return gate.await(TestStorage.PATIENCE.toSeconds(), java.util.concurrent.TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}

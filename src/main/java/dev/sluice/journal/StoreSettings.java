package dev.sluice.journal;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.time.Duration;

/** What {@code sluice.journal} and {@code sluice.storage.directory} say; a record that exists is valid. */
record StoreSettings(
        Layout layout,
        Path directory,
        Synchronous synchronous,
        boolean checkAtStart,
        Duration busyTimeout,
        int queueCapacity,
        long queueBytes,
        int groupSize,
        Duration linger,
        int readers,
        int readQueueCapacity,
        int pageRows,
        long pageBytes,
        int checkpointPages,
        String dispatcher) {

    /** When a commit waits for the disk; see {@code journal.conf}. */
    enum Synchronous {
        NORMAL,
        FULL
    }

    StoreSettings {
        positive("queue-capacity", queueCapacity);
        positive("queue-bytes", queueBytes);
        positive("group-size", groupSize);
        positive("readers", readers);
        positive("read-queue-capacity", readQueueCapacity);
        positive("page-rows", pageRows);
        positive("page-bytes", pageBytes);
        positive("checkpoint-pages", checkpointPages);
    }

    static StoreSettings of(Config root, Layout layout) {
        var config = root.getConfig("sluice.journal");
        return new StoreSettings(
                layout,
                Path.of(root.getString("sluice.storage.directory")),
                synchronous(config.getString("synchronous")),
                config.getBoolean("check-at-start"),
                config.getDuration("busy-timeout"),
                config.getInt("queue-capacity"),
                config.getBytes("queue-bytes"),
                config.getInt("group-size"),
                config.getDuration("linger"),
                config.getInt("readers"),
                config.getInt("read-queue-capacity"),
                config.getInt("page-rows"),
                config.getBytes("page-bytes"),
                config.getInt("checkpoint-pages"),
                config.getString("dispatcher"));
    }

    Path file() {
        return directory.resolve(layout.file() + ".db");
    }

    Path lock() {
        return directory.resolve(layout.file() + ".lock");
    }

    /** What a thread is called. */
    String thread(String does) {
        return "sluice-" + layout.room() + "-" + does;
    }

    /** A file that is not read through at the start. */
    StoreSettings unchecked() {
        return new StoreSettings(
                layout,
                directory,
                synchronous,
                false,
                busyTimeout,
                queueCapacity,
                queueBytes,
                groupSize,
                linger,
                readers,
                readQueueCapacity,
                pageRows,
                pageBytes,
                checkpointPages,
                dispatcher);
    }

    private static Synchronous synchronous(String value) {
        return switch (value) {
            case "normal" -> Synchronous.NORMAL;
            case "full" -> Synchronous.FULL;
            default ->
                throw new IllegalArgumentException(
                        "sluice.journal.synchronous: %s (expected: normal or full)".formatted(value));
        };
    }

    private static void positive(String key, long value) {
        if (value <= 0) {
            throw new IllegalArgumentException("sluice.journal.%s: %d (expected: > 0)".formatted(key, value));
        }
    }
}

package dev.sluice.journal;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.time.Duration;

/** What {@code sluice.journal} and {@code sluice.storage.directory} say; a record that exists is valid. */
record StoreSettings(
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

    static StoreSettings of(Config root) {
        var config = root.getConfig("sluice.journal");
        return new StoreSettings(
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

    /** The same for a file that may be of any size, and that nobody's request waits for. */
    StoreSettings beside(long bytes, int group, Duration company) {
        return new StoreSettings(
                directory,
                synchronous,
                false,
                busyTimeout,
                queueCapacity,
                bytes,
                group,
                company,
                2,
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

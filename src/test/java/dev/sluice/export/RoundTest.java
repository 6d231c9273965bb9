package dev.sluice.export;

import static dev.sluice.journal.TestStorage.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.config.ExportFormat;
import dev.sluice.config.S3Rule;
import dev.sluice.config.Secret;
import dev.sluice.journal.SqliteReadJournal;
import dev.sluice.journal.TestStorage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.persistence.query.PersistenceQuery;

/** Objects as they are planned, uploaded and committed, on a real file, into a bucket that fails in every way a bucket can. */
class RoundTest {
    @SuppressWarnings("NullAway.Init") // Before all tests.
    private static ActorTestKit kit;

    @SuppressWarnings("NullAway.Init")
    private static Path directory;

    @SuppressWarnings("NullAway.Init")
    private static ActorRef<Recorder.Keep> recorder;

    private static final Set<String> recorded = new HashSet<>();
    private static final WeakBucket bucket = new WeakBucket();
    private static final Set<String> told = new HashSet<>();
    private static long toldUpTo;
    private static int number;

    @SuppressWarnings("TimeInStaticInitializer") // The journal has the real time, and the two are compared.
    private static Instant now = Instant.now();

    /** What an upload comes to, beside success. */
    private enum Upload {
        /** Nothing arrives. */
        LOST,
        /** It arrives, and nobody hears of it. */
        UNANSWERED,
        /** The process dies before the first byte. */
        DEAD_BEFORE,
        /** The process dies when all has arrived. */
        DEAD_AFTER,
        DONE
    }

    /** Keeps what it is given; the last write wins. */
    private static final class WeakBucket implements Bucket {
        private final Map<String, byte[]> objects = new TreeMap<>();
        private Upload next = Upload.DONE;
        private CompletableFuture<Done> called = new CompletableFuture<>();

        @Override
        public CompletionStage<Done> put(String object, byte[] bytes, String contentType) {
            if (next == Upload.UNANSWERED || next == Upload.DEAD_AFTER || next == Upload.DONE) {
                objects.put(object, bytes);
            }
            called.complete(Done.getInstance());
            return switch (next) {
                case DONE -> CompletableFuture.completedFuture(Done.getInstance());
                case LOST, UNANSWERED -> CompletableFuture.failedFuture(new NotStored("on purpose"));
                // Whoever is dead hears nothing.
                case DEAD_BEFORE, DEAD_AFTER -> new CompletableFuture<>();
            };
        }

        @Override
        public void close() {}

        List<String> records() {
            List<String> records = new ArrayList<>();
            objects.forEach((name, bytes) -> {
                var read = name.endsWith("jsonl.zst") ? TestRecords.jsonLines(bytes) : TestRecords.cbor(bytes);
                read.forEach(record -> records.add((String) record.get("capture_id")));
            });
            return records;
        }
    }

    /** Has a capture of every second request, until it is purged. */
    private static final class Purging implements Captured {
        private final Random random;

        Purging(Random random) {
            this.random = random;
        }

        @Override
        public CompletionStage<Optional<ObjectNode>> find(String requestId) {
            return CompletableFuture.supplyAsync(() -> random.nextBoolean()
                    ? Optional.empty()
                    : Optional.of(JsonNodeFactory.instance.objectNode().put("said", requestId)));
        }

        @Override
        public Duration delay() {
            return Duration.ZERO;
        }

        @Override
        public CompletionStage<Long> exportedUpTo() {
            return CompletableFuture.completedFuture(toldUpTo);
        }

        /** Every second time it dies before it has written that down. */
        @Override
        public CompletionStage<Done> exported(Collection<String> requestIds, long offset) {
            told.addAll(requestIds);
            toldUpTo = random.nextBoolean() ? offset : toldUpTo;
            return CompletableFuture.completedFuture(Done.getInstance());
        }
    }

    @BeforeContainer
    static void start() throws IOException {
        directory = Files.createTempDirectory("round");
        kit = ActorTestKit.create("round", TestStorage.config(directory, """
                sluice.export-dispatcher = ${pekko.actor.default-dispatcher}
                """));
        recorder = Recorder.spawn(kit, "s");
    }

    @AfterContainer
    static void stop() throws IOException {
        kit.shutdownTestKit();
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(file);
            }
        }
    }

    /** The tries share journal and bucket: each goes on from where the last one stopped. */
    @Property(tries = 60)
    void putsEachRecordIntoTheBucketOnceWhateverFails(@ForAll long seed) {
        var random = new Random(seed);
        var rule = rule(random);
        var round = round(random);
        var progress = await(round.begin());
        for (int step = 0; step < 12; step++) {
            switch (random.nextInt(4)) {
                case 0 -> record(random.nextInt(1, 9));
                case 1 -> rule = rule(random);
                default -> {
                    bucket.next = Upload.values()[random.nextInt(Upload.values().length)];
                    progress = attempt(round, progress, rule);
                    if (random.nextBoolean()) {
                        round = round(random);
                        progress = await(round.begin());
                    }
                }
            }
            now = now.plusMillis(random.nextInt(1500));
        }
        bucket.next = Upload.DONE;
        await(drain(round(random), rule));

        assertThat(told).isEqualTo(recorded);
        assertThat(bucket.records()).containsExactlyInAnyOrderElementsOf(recorded);
        assertThat(await(round.lag(await(round.begin()).offset()))).isZero();
    }

    /** A process that dies or fails reads its progress anew; that of one that goes on is the same as on disk. */
    private static Progress attempt(Round round, Progress progress, S3Rule rule) {
        var dies = bucket.next == Upload.DEAD_BEFORE || bucket.next == Upload.DEAD_AFTER;
        bucket.called = new CompletableFuture<>();
        var running = round.run(progress, rule, bucket).toCompletableFuture();
        if (dies) {
            // Until nothing more is to come from it.
            await(CompletableFuture.anyOf(running, bucket.called));
            return await(round.begin());
        }
        var result = await(running.handle((done, failure) -> Optional.ofNullable(done)));
        var read = await(round.begin());
        result.ifPresent(done -> assertThat(done.progress()).isEqualTo(read));
        return read;
    }

    private static CompletionStage<Done> drain(Round round, S3Rule rule) {
        return round.begin()
                .thenCompose(progress -> round.run(progress, rule, bucket))
                .thenCompose(result -> {
                    if (result.export() == null) {
                        return CompletableFuture.completedFuture(Done.getInstance());
                    }
                    return drain(round, rule);
                });
    }

    private static Round round(Random random) {
        var journal = PersistenceQuery.get(kit.system())
                .getReadJournalFor(SqliteReadJournal.class, SqliteReadJournal.IDENTIFIER);
        return new Round(kit.system(), journal, new Purging(random), () -> now, random.nextBoolean() ? 1 : 1 << 20);
    }

    private static S3Rule rule(Random random) {
        return new S3Rule(
                "",
                "b",
                "us-east-1",
                random.nextBoolean() ? "" : "p" + random.nextInt(2),
                "",
                Secret.of(""),
                Duration.ofSeconds(1),
                random.nextInt(1, 6),
                false,
                random.nextBoolean() ? ExportFormat.CBOR_ZSTD : ExportFormat.JSONL_ZST);
    }

    private static void record(int count) {
        var exchanges = IntStream.range(0, count)
                .mapToObj(_ -> TestRecords.exchange("req_" + number++))
                .toList();
        Recorder.record(kit, recorder, exchanges);
        exchanges.forEach(exchange -> recorded.add(exchange.requestId()));
    }
}

package dev.sluice.export;

import static dev.sluice.journal.TestStorage.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.config.Egress;
import dev.sluice.config.ExportFormat;
import dev.sluice.config.S3Rule;
import dev.sluice.config.Secret;
import dev.sluice.export.Exporter.State;
import dev.sluice.export.Exporting.Message;
import dev.sluice.export.Exporting.Pace;
import dev.sluice.export.FaultyFront.Fault;
import dev.sluice.export.S3Bucket.Timeouts;
import dev.sluice.journal.SqliteReadJournal;
import dev.sluice.journal.TestStorage;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.TestProxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The exporter against a real S3 server, with something before it that breaks uploads in the ways networks do. */
class S3BucketIT {
    private static final Timeouts SHORT =
            new Timeouts(Duration.ofSeconds(5), Duration.ofMillis(1500), Duration.ofSeconds(5));
    private static final Pace QUICK = new Pace(Duration.ofMillis(20), Duration.ofMillis(10), Duration.ofMillis(40));
    private static final Executor THREADS = Thread::startVirtualThread;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final Egress DIRECT = new Egress("", true, new Egress.Proxies(null, null, List.of(), false));

    private static S3Server server;
    private static FaultyFront front;
    private static int buckets;

    @TempDir
    private Path directory;

    private final List<String> recorded = new ArrayList<>();
    private final Counters counters = new Counters();
    private String bucket;
    private ActorTestKit kit;
    private ActorRef<Recorder.Keep> recorder;
    private ActorRef<Message> exporting;
    private volatile @Nullable S3Rule rule;

    @BeforeAll
    static void startServer() throws Exception {
        server = S3Server.start();
        front = new FaultyFront(server.port());
    }

    @AfterAll
    static void stopServer() throws Exception {
        front.close();
        server.close();
    }

    @BeforeEach
    void start() {
        front.then();
        bucket = "bucket-" + buckets++;
        server.make(bucket);
        rule = rule(bucket, S3Server.SECRET, Duration.ofHours(1), 7);
        open();
    }

    private void open() {
        kit = ActorTestKit.create("export", TestStorage.config(directory, "include \"export.conf\""));
        recorder = Recorder.spawn(kit, "s");
        var journal = PersistenceQuery.get(kit.system())
                .getReadJournalFor(SqliteReadJournal.class, SqliteReadJournal.IDENTIFIER);
        exporting = kit.spawn(Exporting.create(
                () -> rule,
                new Round(kit.system(), journal, Captured.NOTHING, InstantSource.system()),
                it -> new S3Bucket(it, DIRECT, SHORT, THREADS),
                InstantSource.system(),
                new Random(1),
                QUICK,
                counters));
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void exportsByItselfWhatIsThereInObjectsOfTheLimit() {
        rule = null;
        record(17);
        rule = rule(bucket, S3Server.SECRET, Duration.ofHours(1), 7);

        Eventually.await(PATIENCE, () -> assertThat(exported()).containsExactlyElementsOf(recorded));

        var objects = server.objects(bucket);
        assertThat(objects.keySet())
                .hasSize(3)
                .allSatisfy(name -> assertThat(name).matches("pre/fix/ts-aperture-export-\\d{10}\\.cbor\\.zstd"));
        assertThat(objects.values().stream().map(it -> TestRecords.cbor(it).size()))
                .containsExactly(7, 7, 3);
        Eventually.await(PATIENCE, () -> {
            assertThat(counters.counts().records()).isEqualTo(17);
            assertThat(counters.counts().lag()).isZero();
        });
    }

    @Test
    void exportsAgainWhenTheTimeIsUp() {
        rule = rule(bucket, S3Server.SECRET, Duration.ofMillis(100), 1000);
        record(3);
        Eventually.await(PATIENCE, () -> assertThat(exported()).hasSize(3));

        record(2);

        Eventually.await(PATIENCE, () -> assertThat(exported()).containsExactlyElementsOf(recorded));
    }

    @Test
    void hasEachRecordOnceAfterAnySequenceOfFailuresAndRestarts() {
        var random = new Random(20261129);
        var faults = List.of(
                Fault.RESET_MIDWAY, Fault.SLOW_DOWN, Fault.GARBLED, Fault.STORED_THEN_RESET, Fault.STORED_THEN_SILENCE);
        for (int step = 0; step < 9; step++) {
            // Two of a kind, because the client tries twice.
            var fault = faults.get(step % faults.size());
            front.then(fault, fault == Fault.STORED_THEN_SILENCE || random.nextBoolean() ? Fault.SLOW_DOWN : fault);
            var before = counters.counts().failures();
            record(random.nextInt(1, 12));
            run();
            // The exporter may have met the fault by itself a moment before it was told to run.
            assertThat(counters.counts().failures()).as(fault + " fails").isGreaterThan(before);
            if (random.nextInt(3) == 0) {
                stop();
                open();
            }
        }
        front.then();

        Eventually.await(PATIENCE, () -> assertThat(run().lag()).isZero());

        assertThat(exported()).containsExactlyElementsOf(recorded);
    }

    @Test
    void doesNotExportTwiceWhatWasStoredWithoutAnAnswer() {
        // The first look of its own is over, which would find some of the records, and make an object of them.
        run();
        front.then(Fault.STORED_THEN_RESET, Fault.STORED_THEN_RESET);
        record(5);
        run();
        assertThat(counters.counts().failures()).isNotZero();
        record(5);

        Eventually.await(PATIENCE, () -> assertThat(run().lag()).isZero());

        assertThat(exported()).containsExactlyElementsOf(recorded);
        assertThat(server.objects(bucket)).hasSize(2);
    }

    @Test
    void saysWhatIsWrongAndRecoversWhenThePolicyIsMended() {
        rule = rule(bucket, "wrong", Duration.ofHours(1), 1000);
        record(2);
        assertThat(run().failure())
                .extracting(Exporter.Failure::message)
                .asString()
                .contains("403 SignatureDoesNotMatch");

        rule = rule("no-such-bucket", S3Server.SECRET, Duration.ofHours(1), 1000);
        assertThat(run().failure())
                .extracting(Exporter.Failure::message)
                .asString()
                .contains("404 NoSuchBucket");

        rule = rule(bucket, S3Server.SECRET, Duration.ofHours(1), 1000);
        var state = run();

        assertThat(state.failure()).isNull();
        assertThat(state.failures()).isZero();
        assertThat(exported()).containsExactlyElementsOf(recorded);
    }

    @Test
    void goesOnInAnotherBucketWhereTheFirstOneEnds() {
        record(3);
        run();
        var other = bucket + "-other";
        server.make(other);
        rule = rule(other, S3Server.SECRET, Duration.ofHours(1), 1000);
        record(2);

        run();

        assertThat(exported()).containsExactlyElementsOf(recorded.subList(0, 3));
        bucket = other;
        assertThat(exported()).containsExactlyElementsOf(recorded.subList(3, 5));
    }

    @Test
    void refusesHalfOfAKeyInsteadOfLookingForAnother() {
        var half = new S3Rule(
                front.url(),
                bucket,
                "us-east-1",
                "",
                "AKIA",
                Secret.of(""),
                Duration.ofHours(1),
                1,
                true,
                ExportFormat.CBOR_ZSTD);
        var put = new S3Bucket(half, DIRECT, SHORT, THREADS);

        assertThatThrownBy(() -> await(put.put("x", new byte[1], "text/plain")))
                .hasMessageContaining("access_secret is missing");
    }

    @Test
    void putsLargeObjects() {
        var bytes = new byte[6 << 20];
        new Random(1).nextBytes(bytes);
        var put = new S3Bucket(rule(bucket, S3Server.SECRET, Duration.ofHours(1), 1), DIRECT, Timeouts.USUAL, THREADS);

        await(put.put("large", bytes, "application/zstd"));
        await(put.put("small", "hällo".getBytes(StandardCharsets.UTF_8), "text/plain"));
        put.close();

        assertThat(server.objects(bucket)).containsEntry("large", bytes).containsKey("small");
    }

    @Test
    void goesThroughTheProxyThatProvidersAreReachedThrough() {
        var proxied = rule(bucket, S3Server.SECRET, Duration.ofHours(1), 1);
        try (var proxy = TestProxy.start()) {
            var on = new Egress.Proxy("127.0.0.1", proxy.port(), Secret.of("export:open sesame"));
            var egress = new Egress("", true, new Egress.Proxies(null, on, List.of(), true));
            var put = new S3Bucket(proxied, egress, Timeouts.USUAL, THREADS);

            await(put.put("through", "x".getBytes(StandardCharsets.UTF_8), "text/plain"));
            put.close();

            assertThat(server.objects(bucket)).containsKey("through");
            assertThat(proxy.heads()).singleElement().asString().contains("Basic");
        }
    }

    private State run() {
        return await(AskPattern.ask(exporting, Exporting.Run::new, PATIENCE, kit.scheduler()));
    }

    private void record(int count) {
        var exchanges = IntStream.range(0, count)
                .mapToObj(number -> TestRecords.exchange("req_" + (recorded.size() + number)))
                .toList();
        Recorder.record(kit, recorder, exchanges);
        exchanges.forEach(exchange -> recorded.add(exchange.requestId()));
    }

    private List<String> exported() {
        return server.objects(bucket).values().stream()
                .flatMap(object -> TestRecords.cbor(object).stream())
                .map(record -> (String) record.get("capture_id"))
                .toList();
    }

    private static S3Rule rule(String bucket, String secret, Duration every, int limit) {
        return new S3Rule(
                front.url(),
                bucket,
                "us-east-1",
                "pre/fix",
                S3Server.KEY_ID,
                Secret.of(secret),
                every,
                limit,
                true,
                ExportFormat.CBOR_ZSTD);
    }
}

package dev.sluice.export;

import static dev.sluice.export.ExportingGateway.ask;
import static dev.sluice.export.ExportingGateway.recorded;
import static dev.sluice.export.ExportingGateway.run;
import static dev.sluice.export.ExportingGateway.state;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.sluice.cassandra.CassandraStore;
import dev.sluice.cluster.NodeSystem;
import dev.sluice.config.Egress;
import dev.sluice.config.ExportFormat;
import dev.sluice.config.S3Rule;
import dev.sluice.config.Secret;
import dev.sluice.export.FaultyFront.Fault;
import dev.sluice.session.Exchange;
import dev.sluice.session.ExchangeRecorded;
import dev.sluice.session.Sessions;
import dev.sluice.simulator.Simulator;
import dev.sluice.testing.CassandraServer;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.RawHttp;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.TestCluster;
import dev.sluice.wire.Usage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nodes that share a Cassandra export to a real S3 server, while nodes, Cassandra and uploads fail. */
class ExportCassandraIT {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final InstantSource CLOCK = InstantSource.system();
    private static final Egress DIRECT = new Egress("", true, new Egress.Proxies(null, null, List.of(), false));
    private static final int SESSIONS = 40;
    private static final int LIMIT = 5;

    private static final CassandraServer cassandra = CassandraServer.shared();
    private static final ActorTestKit testKit = ActorTestKit.create();
    private static ServerBinding provider;
    private static S3Server server;
    private static FaultyFront front;

    @TempDir
    private Path directory;

    private final String keyspace = CassandraServer.freshKeyspace();
    private final List<ActorSystem<?>> alone = new ArrayList<>();

    @BeforeAll
    static void startServers() throws Exception {
        provider = Simulator.start(testKit.system(), "127.0.0.1", 0)
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
        server = S3Server.start();
        front = new FaultyFront(server.port());
    }

    @AfterAll
    static void stopServers() throws Exception {
        front.close();
        server.close();
        testKit.shutdownTestKit();
    }

    @BeforeEach
    void writeSettings() throws Exception {
        front.then();
        Files.writeString(directory.resolve("node.conf"), cassandra.settings(keyspace));
    }

    @AfterEach
    void stopAlone() {
        alone.forEach(system -> {
            system.terminate();
            now(system.getWhenTerminated());
        });
    }

    // --- rooms of several nodes

    @Test
    void hasEveryExchangeOnceAsTheEmbeddedExportHasItWhoeverFails() throws Exception {
        var exchanges =
                IntStream.range(0, 240).mapToObj(ExportCassandraIT::exchange).toList();
        server.make("embedded");
        var file = alone(
                Map.of("sluice.storage.directory", directory.resolve("data").toString()), null);
        record(Sessions.start(file, CLOCK, new Random(1)), exchanges);
        var embedded = node(file, "embedded").journal();
        Eventually.await(PATIENCE, () -> assertThat(now(embedded.run()).lag()).isZero());

        server.make("shared");
        var settings = new HashMap<String, Object>();
        ConfigFactory.parseFile(directory.resolve("node.conf").toFile())
                .resolve()
                .entrySet()
                .forEach(it -> settings.put(it.getKey(), it.getValue().unwrapped()));
        try (var cluster = new TestCluster(2, settings)) {
            var systems = cluster.startAll();
            for (var system : systems) {
                openTables(system);
            }
            var sessions = systems.stream()
                    .map(system -> Sessions.start(system, CLOCK, new Random(2)))
                    .toList();
            var exporters = new ArrayList<>(systems.stream()
                    .map(system -> node(system, "shared").slices())
                    .toList());
            record(sessions.getFirst(), exchanges.subList(0, 80));
            // A third that is not of the cluster takes all slices for its own.
            exporters.add(node(alone(Map.of(), directory.resolve("node.conf")), "shared")
                    .slices());
            front.then(
                    Fault.RESET_MIDWAY,
                    Fault.STORED_THEN_RESET,
                    Fault.SLOW_DOWN,
                    Fault.GARBLED,
                    Fault.STORED_THEN_RESET);
            exportTo(exporters, 80);

            record(sessions.getFirst(), exchanges.subList(80, 160));
            try {
                exporters.forEach(Exporter::run);
                cassandra.kill();
            } finally {
                cassandra.startAgain();
            }
            exportTo(exporters, 160);

            record(sessions.getFirst(), exchanges.subList(160, 200));
            exporters.forEach(Exporter::run);
            now(TestCluster.leave(systems.getLast()));
            exporters.remove(1);
            record(sessions.getFirst(), exchanges.subList(200, 240));
            exportTo(exporters, 240);
            // Of the two that still export the same slices, one is told now and then that the other has moved on.
            var last = exporters.getFirst();
            Eventually.await(PATIENCE, () -> {
                now(last.run());
                assertThat(now(last.state()).failure()).isNull();
            });
        }

        var objects = server.objects("shared");
        assertThat(objects.values())
                .allSatisfy(object -> assertThat(TestRecords.cbor(object)).hasSizeBetween(1, LIMIT));
        assertThat(objects.keySet())
                .allSatisfy(name -> assertThat(name).matches("pre/ts-aperture-export-\\d{10}\\.cbor\\.zstd"));
        var records = records("shared");
        assertThat(records.stream().map(it -> it.get("id"))).doesNotHaveDuplicates();
        assertThat(fields(records)).hasSameSizeAs(records).isEqualTo(fields(records("embedded")));
        assertThat(records).hasSize(240);
    }

    /** One node after the other, as operators do who let nodes make tables. */
    private static void openTables(ActorSystem<?> system) {
        now(CassandraStore.get(system).tables("journal"));
        now(CassandraStore.get(system).tables("export"));
    }

    /** Some seconds after it was recorded, an exchange may be read. */
    private static void exportTo(List<Exporter> exporters, int number) {
        Eventually.await(PATIENCE, () -> {
            var runs = exporters.stream().map(Exporter::run).toList();
            for (var running : runs) {
                var _ = now(running.handle((state, failure) -> true));
            }
            assertThat(records("shared")).hasSize(number);
        });
    }

    private static List<Map<String, Object>> records(String bucket) {
        return server.objects(bucket).values().stream()
                .flatMap(object -> TestRecords.cbor(object).stream())
                .toList();
    }

    /** All but the number that a record is given. */
    private static Map<Object, Map<String, Object>> fields(List<Map<String, Object>> records) {
        var fields = new HashMap<Object, Map<String, Object>>();
        for (var record : records) {
            var others = new HashMap<>(record);
            others.remove("id");
            fields.put(record.get("capture_id"), others);
        }
        return fields;
    }

    private static Exchange exchange(int number) {
        return TestRecords.exchange(
                "req_" + number,
                "oacc_" + number * 31 % SESSIONS,
                number % 3 == 0 ? "anthropic_messages" : "openai_chat",
                number % 5 == 0 ? null : new Usage(number, number % 7, 5, 0, 30, 10, 0, 0, 0, 0, 0),
                number % 4 == 0 ? null : number * 1_000_003L);
    }

    private static ExportingNode node(ActorSystem<?> system, String bucket) {
        var rule = new S3Rule(
                front.url(),
                bucket,
                "us-east-1",
                "pre",
                S3Server.KEY_ID,
                Secret.of(S3Server.SECRET),
                Duration.ofHours(1),
                LIMIT,
                true,
                ExportFormat.CBOR_ZSTD);
        return new ExportingNode(system, DIRECT, () -> rule, Captured.NOTHING, CLOCK, new Random(3));
    }

    private ActorSystem<?> alone(Map<String, String> settings, @Nullable Path file) {
        ActorSystem<?> system = now(NodeSystem.start(NodeSystem.config(file, settings)));
        alone.add(system);
        return system;
    }

    private static void record(Sessions sessions, List<Exchange> exchanges) {
        now(CompletableFuture.allOf(exchanges.stream()
                .map(it -> sessions.record(it).toCompletableFuture())
                .toArray(CompletableFuture[]::new)));
    }

    private static <T> T now(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    // --- a slice by itself

    @Test
    void findsWhatCameLateAndMakesAnObjectAnewOfTheSameEvents() throws Exception {
        var session = "oacc_late";
        var slice = ExchangeRecorded.slice(session);
        var system = alone(Map.of(), directory.resolve("node.conf"));
        openTables(system);
        var sessions = Sessions.start(system, CLOCK, new Random(1));
        for (var number = 0; number < 5; number++) {
            now(sessions.record(TestRecords.exchange("req_" + number, session, "openai_chat", null, null)));
        }
        var bucket = new KeepingBucket();
        var first = round(system, slice);
        // As if the rows of the first three were not in the tag when it was read.
        Eventually.await(PATIENCE, () -> assertThat(now(first.lag(0))).isEqualTo(5));
        try (var direct = cassandra.session()) {
            var rows = direct.execute(
                            "SELECT tag_name, timebucket, timestamp, persistence_id, tag_pid_sequence_nr FROM "
                                    + keyspace + ".tag_views WHERE sequence_nr < 4 ALLOW FILTERING")
                    .all();
            assertThat(rows).hasSize(3);
            rows.forEach(row -> direct.execute(
                    "DELETE FROM " + keyspace + ".tag_views WHERE tag_name = ? AND timebucket = ? AND timestamp = ?"
                            + " AND persistence_id = ? AND tag_pid_sequence_nr = ?",
                    Objects.requireNonNull(row.getString(0)),
                    row.getLong(1),
                    Objects.requireNonNull(row.getUuid(2)),
                    Objects.requireNonNull(row.getString(3)),
                    row.getLong(4)));
        }

        // Planned and uploaded, and nobody knows of it.
        bucket.answer = new CompletableFuture<>();
        var progress = now(first.begin());
        var _ = first.run(progress, rule(2), bucket);
        Eventually.await(PATIENCE, () -> assertThat(bucket.objects).hasSize(1));
        var planned = Map.copyOf(bucket.objects);
        bucket.objects.clear();
        bucket.answer = CompletableFuture.completedFuture(Done.getInstance());

        var second = round(system, slice);
        var left = now(second.begin());
        assertThat(left.plan()).isNotNull();
        var result = now(second.run(left, rule(2), bucket));
        assertThat(bucket.objects).hasSize(1);
        bucket.objects.forEach((name, bytes) -> assertThat(bytes).isEqualTo(planned.get(name)));
        while (result.export() != null) {
            result = now(second.run(result.progress(), rule(2), bucket));
        }

        assertThat(bucket.objects.values().stream()
                        .flatMap(object -> TestRecords.cbor(object).stream())
                        .map(record -> record.get("capture_id")))
                .containsExactly("req_0", "req_1", "req_2", "req_3", "req_4");
        assertThat(now(second.begin())).isEqualTo(result.progress());
    }

    private static final class KeepingBucket implements Bucket {
        private final Map<String, byte[]> objects = new ConcurrentSkipListMap<>();
        private volatile CompletableFuture<Done> answer = new CompletableFuture<>();

        @Override
        public CompletionStage<Done> put(String object, byte[] bytes, String contentType) {
            objects.put(object, bytes);
            return answer;
        }

        @Override
        public void close() {}
    }

    private static Round round(ActorSystem<?> system, int slice) {
        var records = new SliceRecords(system, slice, Captured.NOTHING, CLOCK);
        return new Round(system, records, new Turn(), Captured.NOTHING, CLOCK, Round.MOST_BYTES);
    }

    private static S3Rule rule(int limit) {
        return new S3Rule(
                "", "b", "us-east-1", "", "", Secret.of(""), Duration.ofHours(1), limit, true, ExportFormat.CBOR_ZSTD);
    }

    // --- whole gateways

    @Test
    void killedBetweenUploadAndCommitItExportsEachRecordOnceAllTheSame() throws Exception {
        server.make("killed");
        writePolicy("killed");
        var gateway = serve("--settings", "node.conf");
        try {
            ask(gateway.awaitAddress(), 6);
            front.then(Fault.STORED_THEN_SILENCE, Fault.STORED_THEN_SILENCE);
            try (var running = RawHttp.connect(gateway.awaitAddress()).silenceAfter(PATIENCE)) {
                running.post("/api/export:run", "");
                Eventually.await(PATIENCE, () -> assertThat(front.silences()).isPositive());
                gateway.kill();
            }
            assertThat(exported("killed")).isNotEmpty();

            front.then();
            gateway = serve("--settings", "node.conf");
            var address = gateway.awaitAddress();
            ask(address, 2);
            Eventually.await(PATIENCE, () -> {
                assertThat(run(address).path("last_error").isNull()).isTrue();
                assertThat(exported("killed")).hasSize(8);
            });

            assertThat(exported("killed")).containsExactlyInAnyOrderElementsOf(recorded(address));
            assertThat(state(address).path("lag").asLong()).isZero();
        } finally {
            gateway.close();
        }
        assertThat(gateway.out() + gateway.error()).doesNotContain(S3Server.SECRET, S3Server.KEY_ID);
    }

    @Test
    void goesOnWhereASingleNodeStoppedThatHasMoved() throws Exception {
        server.make("moved");
        writePolicy("moved");
        try (var single = serve()) {
            var address = single.awaitAddress();
            ask(address, 4);
            Eventually.await(PATIENCE, () -> {
                assertThat(run(address).path("last_error").isNull()).isTrue();
                assertThat(exported("moved")).hasSize(4);
            });
            single.terminate();
            assertThat(single.awaitExit(PATIENCE)).isZero();
        }
        try (var move = SluiceProcess.start(
                directory,
                "migrate",
                "--from",
                "sqlite",
                "--to",
                "cassandra",
                "--settings",
                "node.conf",
                "--data",
                "data")) {
            assertThat(move.awaitExit(PATIENCE)).as(move.out() + move.error()).isZero();
        }
        try (var shared = serve("--settings", "node.conf")) {
            var address = shared.awaitAddress();
            Eventually.await(PATIENCE, () -> assertThat(recorded(address)).hasSize(4));
            ask(address, 2);
            Eventually.await(PATIENCE, () -> {
                assertThat(run(address).path("last_error").isNull()).isTrue();
                assertThat(exported("moved")).hasSizeGreaterThanOrEqualTo(6);
            });

            assertThat(exported("moved")).containsExactlyInAnyOrderElementsOf(recorded(address));
        }
    }

    private void writePolicy(String bucket) throws Exception {
        Files.writeString(
                directory.resolve("policy.hujson"),
                ExportingGateway.policy(provider.localAddress().getPort(), front, bucket, ExportingGateway.KEY));
    }

    private SluiceProcess serve(String... more) {
        var arguments = new ArrayList<>(
                List.of("serve", "--config", "policy.hujson", "--listen", "127.0.0.1:0", "--data", "data"));
        arguments.addAll(List.of(more));
        return SluiceProcess.start(directory, arguments.toArray(String[]::new));
    }

    private static List<String> exported(String bucket) {
        return ExportingGateway.exported(server, bucket);
    }
}

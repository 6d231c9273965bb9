package dev.sluice.export;

import static dev.sluice.export.ExportingGateway.KEY;
import static dev.sluice.export.ExportingGateway.PATIENCE;
import static dev.sluice.export.ExportingGateway.ask;
import static dev.sluice.export.ExportingGateway.recorded;
import static dev.sluice.export.ExportingGateway.run;
import static dev.sluice.export.ExportingGateway.state;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.export.FaultyFront.Fault;
import dev.sluice.simulator.Simulator;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.RawHttp;
import dev.sluice.testing.SluiceProcess;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole gateway in a process of its own that exports to a real S3 server, and is killed at the worst moment. */
class ExportIT {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final ActorTestKit testKit = ActorTestKit.create();
    private static ServerBinding provider;
    private static S3Server server;
    private static FaultyFront front;

    @TempDir
    private Path directory;

    @BeforeAll
    static void start() throws Exception {
        provider = Simulator.start(testKit.system(), "127.0.0.1", 0)
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
        server = S3Server.start();
        server.make("first");
        server.make("second");
        front = new FaultyFront(server.port());
    }

    @AfterAll
    static void stop() throws Exception {
        front.close();
        server.close();
        testKit.shutdownTestKit();
    }

    @Test
    void killedBetweenUploadAndCommitItExportsEachRecordOnceAllTheSame() throws Exception {
        Files.writeString(directory.resolve("policy.hujson"), policy("first", KEY));
        var gateway = serve(Map.of());
        try {
            ask(gateway.awaitAddress(), 4);
            try (var running = RawHttp.connect(gateway.awaitAddress()).silenceAfter(PATIENCE)) {
                front.then(Fault.STORED_THEN_SILENCE, Fault.STORED_THEN_SILENCE);
                running.post("/api/export:run", "");
                Eventually.await(PATIENCE, () -> assertThat(front.silences()).isOne());
                gateway.kill();
            }
            // All four, or as many as were there when it looked for the first time, by itself.
            assertThat(exported("first")).isNotEmpty();

            front.then();
            gateway = serve(Map.of());
            var address = gateway.awaitAddress();
            // The plan that was left is carried out without anybody's asking.
            Eventually.await(
                    PATIENCE,
                    () -> assertThat(state(address).path("lag").asLong()).isZero());
            ask(address, 2);
            assertThat(run(address).path("last_export").path("records").asLong())
                    .isEqualTo(2);
            assertThat(exported("first")).hasSize(6).doesNotHaveDuplicates();
            assertThat(exported("first")).containsExactlyInAnyOrderElementsOf(recorded(address));

            changePolicy(address, policy("second", KEY));
            ask(address, 1);
            var moved = run(address);
            assertThat(moved.path("destination").path("bucket").textValue()).isEqualTo("second");
            assertThat(exported("second")).hasSize(1).doesNotContainAnyElementsOf(exported("first"));
        } finally {
            gateway.close();
        }
        assertThat(gateway.out() + gateway.error()).doesNotContain(S3Server.SECRET, S3Server.KEY_ID);
    }

    @Test
    void findsCredentialsInItsEnvironment() throws Exception {
        server.make("third");
        Files.writeString(directory.resolve("policy.hujson"), policy("third", ""));
        try (var gateway =
                serve(Map.of("AWS_ACCESS_KEY_ID", S3Server.KEY_ID, "AWS_SECRET_ACCESS_KEY", S3Server.SECRET))) {
            ask(gateway.awaitAddress(), 1);

            assertThat(run(gateway.awaitAddress()).path("last_error").isNull()).isTrue();

            assertThat(exported("third")).hasSize(1);
        }
    }

    private SluiceProcess serve(Map<String, String> environment) {
        return SluiceProcess.start(
                directory,
                environment,
                "serve",
                "--config",
                "policy.hujson",
                "--listen",
                "127.0.0.1:0",
                "--data",
                "data");
    }

    private static String policy(String bucket, String key) {
        return ExportingGateway.policy(provider.localAddress().getPort(), front, bucket, key);
    }

    private static void changePolicy(InetSocketAddress address, String policy) throws Exception {
        var body = JSON.createObjectNode().put("config", policy).toString();
        try (var http = RawHttp.connect(address).silenceAfter(PATIENCE)) {
            http.send("PUT /aperture/config HTTP/1.1\r\nHost: x\r\nIf-Match: *\r\nContent-Type: application/json\r\n"
                    + "Content-Length: " + body.length() + "\r\nConnection: close\r\n\r\n" + body);
            assertThat(http.readHead().status()).as(http.readRest().text()).isEqualTo(200);
        }
    }

    private static List<String> exported(String bucket) {
        return ExportingGateway.exported(server, bucket);
    }
}

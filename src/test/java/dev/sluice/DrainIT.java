package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.simulator.Simulator;
import dev.sluice.testing.AdminApi;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.RawHttp;
import dev.sluice.testing.RawHttp.End;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.TestGateway;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGTERM while answers are on their way. */
class DrainIT {
    private static final int STREAMS = 20;
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String BODY =
            "{\"model\":\"test-gpt\",\"max_tokens\":1000,\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";
    /** 1,000 input tokens at $2 and 500 output tokens at $8 a million. */
    private static final String USAGE = "input=1000; output=500; ";

    private static final long COST_NANOS = 6_000_000;

    private static final ActorTestKit testKit = ActorTestKit.create();
    private static ServerBinding provider;

    @TempDir
    private Path directory;

    @BeforeAll
    static void startProvider() throws Exception {
        provider = Simulator.start(testKit.system(), "127.0.0.1", 0)
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
    }

    @AfterAll
    static void stopProvider() {
        testKit.shutdownTestKit();
    }

    @Test
    void openStreamsFinishWholeAndNothingNewIsServed() throws Exception {
        try (var gateway = serve("1m")) {
            var address = gateway.awaitAddress();
            var streams = openStreams(address, "events=65; interval=100ms");
            var idle = RawHttp.connect(address).get("/readyz");
            assertThat(idle.readHead().status()).isEqualTo(200);
            idle.readRest();

            gateway.terminate();
            gateway.terminate();

            awaitRefusal(address);
            assertThat(idle.endInsteadOfAnswer()).isEqualTo(End.CUT);
            for (var stream : streams) {
                var rest = stream.readRest();
                assertThat(rest.end()).as(gateway.error() + rest.text()).isEqualTo(End.PROPER);
                assertThat(rest.text()).endsWith("data: [DONE]\n\n");
            }
            assertThat(gateway.awaitExit(SOON)).isZero();
            assertThat(gateway.error()).contains("drained").doesNotContain("ERROR", "Exception");
        }
        assertThat(booksAfterRestart()).allSatisfy(exchange -> {
            assertThat(exchange.path("outcome").asText()).isEqualTo("completed");
            assertThat(exchange.path("cost_nanos").asLong()).isEqualTo(COST_NANOS);
        });
    }

    @Test
    void streamsLongerThanTheTimeoutAreCutAndCharged() throws Exception {
        try (var gateway = serve("1s")) {
            var streams = openStreams(gateway.awaitAddress(), "events=600; interval=100ms");
            var before = System.nanoTime();

            gateway.terminate();

            for (var stream : streams) {
                assertThat(stream.readRest().end()).isIn(End.CUT, End.RESET);
            }
            assertThat(gateway.awaitExit(SOON)).isZero();
            assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThan(Duration.ofSeconds(1));
            assertThat(gateway.error()).contains("drained").doesNotContain("ERROR", "Exception");
        }
        // Charged for what was produced, by the same process: nothing was left for the next one to find.
        assertThat(booksAfterRestart()).allSatisfy(exchange -> {
            assertThat(exchange.path("outcome").asText()).isEqualTo("client_cancelled");
            assertThat(exchange.path("cost_nanos").asLong()).isPositive();
        });
    }

    /** Each has shown its first byte. */
    private static List<RawHttp> openStreams(InetSocketAddress address, String script) {
        var streams = IntStream.range(0, STREAMS)
                .mapToObj(i ->
                        RawHttp.connect(address).post("/v1/chat/completions", BODY, "x-simulate: " + USAGE + script))
                .toList();
        for (var stream : streams) {
            assertThat(stream.readHead().status()).isEqualTo(200);
            stream.readSome(1);
        }
        return streams;
    }

    /** A new connection is not served: the port is closed, or the connection is. */
    private static void awaitRefusal(InetSocketAddress address) {
        Eventually.await(
                SOON,
                () -> assertThatThrownBy(() -> {
                            try (var http = RawHttp.connect(address).get("/readyz")) {
                                http.readHead();
                            }
                        })
                        .isInstanceOf(UncheckedIOException.class));
    }

    /** All exchanges, once it is known that the buckets agree with them. */
    private List<JsonNode> booksAfterRestart() throws Exception {
        try (var gateway = serve("1s");
                var admin = new AdminApi(gateway.awaitAddress())) {
            Eventually.await(SOON, () -> assertThat(admin.exchanges()).hasSize(STREAMS));
            var exchanges = admin.exchanges();
            var spent = exchanges.stream()
                    .mapToLong(it -> it.path("cost_nanos").asLong())
                    .sum();
            assertThat(admin.buckets())
                    .containsOnlyKeys("pool", "each:(loopback)")
                    .allSatisfy((name, bucket) -> {
                        assertThat(bucket.path("spent_nanos").asLong()).isEqualTo(spent);
                        assertThat(bucket.path("reserved_nanos").asLong()).isZero();
                    });
            gateway.terminate();
            assertThat(gateway.awaitExit(SOON)).as("the end of an idle gateway").isZero();
            return exchanges;
        }
    }

    private SluiceProcess serve(String drainTimeout) {
        try {
            Files.writeString(
                    directory.resolve("policy.hujson"),
                    TestGateway.policy(
                            "http://127.0.0.1:" + provider.localAddress().getPort()));
            Files.writeString(directory.resolve("node.conf"), "sluice.drain-timeout = " + drainTimeout);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return SluiceProcess.start(
                directory,
                "serve",
                "--config",
                "policy.hujson",
                "--settings",
                "node.conf",
                "--data",
                "data",
                "--listen",
                "127.0.0.1:0");
    }
}

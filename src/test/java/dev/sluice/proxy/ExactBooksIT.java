package dev.sluice.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.Eventually;
import dev.sluice.testing.Stand;
import dev.sluice.testing.TestFormat;
import dev.sluice.testing.TestGateway;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever happens to requests, the buckets and the sessions tell the same sum, to the nanodollar. */
class ExactBooksIT {
    private static final int CLIENTS = 50;
    private static final int REQUESTS = 40;

    @TempDir
    Path data;

    @Test
    void bucketsAndSessionsAgreeToTheNanodollar() throws Exception {
        try (var stand = Stand.start(data)) {
            // When
            Stand.together(IntStream.range(0, CLIENTS)
                    .mapToObj(client -> (Callable<Boolean>) () -> {
                        var random = new Random(client);
                        for (var number = 0; number < REQUESTS; number++) {
                            ask(stand, random);
                        }
                        return true;
                    })
                    .toList());
            // Then
            stand.awaitQuiet();
            Eventually.await(
                    Duration.ofSeconds(20),
                    () -> assertThat(sum(stand, "exchanges")).isEqualTo((long) CLIENTS * REQUESTS));
            var told = sum(stand, "cost_nanos");
            assertThat(told).isPositive();
            assertThat(stand.exchanges().stream()
                            .mapToLong(exchange -> exchange.path("cost_nanos").asLong())
                            .sum())
                    .isEqualTo(told);
            assertThat(stand.buckets()).hasSize(2);
            // An exchange is recorded first, then settled.
            Eventually.await(
                    Duration.ofSeconds(20),
                    () -> assertThat(stand.buckets().values())
                            .allSatisfy(bucket -> assertThat(
                                            bucket.path("spent_nanos").asLong())
                                    .as(bucket.toString())
                                    .isEqualTo(told)));
        }
    }

    private static long sum(Stand stand, String field) {
        var sum = 0L;
        for (var session : stand.get("/api/sessions?limit=500").path("sessions")) {
            assertThat(session.path("unpriced").asLong()).isZero();
            sum += session.path(field).asLong();
        }
        return sum;
    }

    private static void ask(Stand stand, Random random) {
        var format = List.of(TestFormat.values()).get(random.nextInt(3));
        var stream = random.nextInt(4) > 0;
        var manner = List.of(
                        "",
                        "",
                        "",
                        "; no-usage",
                        "; fault=429",
                        "; fault=500",
                        "; cut-after=3",
                        "; reset-after=4",
                        "; end-after=2",
                        "; reset",
                        "; error-event-at=3",
                        "; malformed-at=2",
                        "; gzip",
                        "; chunking=3")
                .get(random.nextInt(14));
        var script = "events=%d; input=%d; cached=%d; output=%d%s"
                .formatted(random.nextInt(8), random.nextInt(5000), random.nextInt(5000), random.nextInt(900), manner);
        try (var http = stand.open()) {
            var session = "x-session-id: s" + random.nextInt(30);
            http.post(format.path(), format.body(stream), "x-simulate: " + script, session);
            var head = http.readHead();
            if (stream && head.status() == 200 && !script.contains("gzip") && random.nextInt(4) == 0) {
                http.readSome(random.nextInt(700));
                if (random.nextBoolean()) {
                    http.reset();
                }
            } else {
                http.readRest();
            }
        } catch (java.io.UncheckedIOException cut) {
            // Its answer ended before it hung up: both are what this test is about.
        }
    }

    @Test
    void aSmallBucketIsOverrunByOneRequestAtMost() throws Exception {
        try (var stand =
                Stand.start(data, provider -> TestGateway.policy(provider).replace("$1000.00", "$0.01"), Map.of())) {
            // Given: a hundred tokens out of gpt-4.1 cost $0.0008, ten in $0.00002
            var script = "events=5; interval=5ms; input=10; output=100";
            var cost = 820_000L;
            // When
            var statuses = Stand.together(IntStream.range(0, 200)
                    .mapToObj(number -> (Callable<Integer>) () -> {
                        try (var http = stand.ask(TestFormat.MESSAGES, true, "burst", script)) {
                            var status = http.readHead().status();
                            http.readRest();
                            return status;
                        }
                    })
                    .toList());
            stand.awaitQuiet();
            var last = 200;
            while (last == 200) {
                try (var http = stand.ask(TestFormat.MESSAGES, true, "after", script)) {
                    last = http.readHead().status();
                    http.readRest();
                }
                stand.awaitQuiet();
            }
            // Then
            assertThat(statuses).contains(200, 429).containsOnly(200, 429);
            assertThat(last).isEqualTo(429);
            assertThat(stand.buckets().values())
                    .allSatisfy(bucket -> assertThat(bucket.path("spent_nanos").asLong())
                            .as(bucket.toString())
                            .isBetween(10_000_000L, 10_000_000L + cost));
        }
    }
}

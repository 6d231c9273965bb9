package dev.sluice.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.RawHttp;
import dev.sluice.testing.RawHttp.End;
import dev.sluice.testing.Stand;
import dev.sluice.testing.TestFormat;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** More than the limits allow, and providers that come and go: the very next request is served. */
class OverrunIT {
    private static final int LIMIT = 32;

    @TempDir
    static Path data;

    private static Stand stand;

    private record Result(int status, String refusal, Duration took) {}

    @BeforeAll
    static void start() throws Exception {
        stand = Stand.start(data, Map.of("sluice.limits.provider-open-requests", LIMIT));
    }

    @AfterAll
    static void stop() throws Exception {
        stand.close();
    }

    @RepeatedTest(3)
    void whatIsTooMuchIsRefusedAtOnceAndTheNextRequestIsServed() {
        // When
        var results = Stand.together(IntStream.range(0, 200)
                .mapToObj(number -> (Callable<Result>) () -> stream(number))
                .toList());
        // Then, before anything has come to rest
        stand.assertServes(TestFormat.RESPONSES);
        assertThat(results).allSatisfy(result -> assertThat(result.status()).isIn(200, 503));
        assertThat(results).filteredOn(result -> result.status() == 200).hasSizeGreaterThanOrEqualTo(LIMIT);
        assertThat(results)
                .filteredOn(result -> result.status() == 503)
                .isNotEmpty()
                .allSatisfy(result -> {
                    assertThat(result.took()).isLessThan(Duration.ofSeconds(20));
                    assertThat(result.refusal()).contains("provider-open-requests");
                });
        stand.awaitQuiet();
    }

    private static Result stream(int number) {
        var format = List.of(TestFormat.values()).get(number % 3);
        var start = System.nanoTime();
        try (var http = stand.ask(format, true, "overrun", "events=20; interval=100ms")) {
            var status = http.readHead().status();
            var took = Duration.ofNanos(System.nanoTime() - start);
            if (status != 200) {
                return new Result(status, format.errorMessage(http.readRest().text()), took);
            }
            if (number % 2 == 0) {
                http.readEvent();
                http.readEvent();
                http.reset();
            } else {
                assertThat(http.readRest().end()).isEqualTo(End.PROPER);
            }
            return new Result(status, "", took);
        }
    }

    @RepeatedTest(10)
    void aProviderThatWasStoppedUnderStreamsAndStartedAgainIsServedByTheNextRequest() throws Exception {
        // Given
        var streams = new ArrayList<RawHttp>();
        for (var number = 0; number < 12; number++) {
            var format = List.of(TestFormat.values()).get(number % 3);
            stand.assertServes(format); // leaves a connection that is idle when the provider dies
            var http = stand.ask(format, true, "cut-off", "events=100000; interval=5ms");
            http.readHead();
            http.readEvent();
            streams.add(http);
        }
        // When
        stand.stopProvider();
        for (var http : streams) {
            assertThat(http.readRest().end()).isIn(End.CUT, End.RESET);
            http.close();
        }
        try (var http = stand.ask(TestFormat.CHAT, true, "stopped", "events=1")) {
            assertThat(http.readHead().status()).isEqualTo(502);
        }
        stand.startProvider();
        // Then
        stand.assertServes(TestFormat.CHAT);
        stand.assertServes(TestFormat.MESSAGES);
        stand.awaitQuiet();
    }

    @RepeatedTest(3)
    void aProviderThatWasStoppedInItsSleepIsServedByTheNextRequest() throws Exception {
        // Given
        Stand.together(IntStream.range(0, 20)
                .mapToObj(number -> (Callable<Boolean>) () -> {
                    stand.assertServes(TestFormat.MESSAGES);
                    return true;
                })
                .toList());
        // When
        stand.stopProvider();
        stand.startProvider();
        // Then
        for (var round = 0; round < 25; round++) {
            stand.assertServes(TestFormat.MESSAGES);
        }
    }

    @Test
    void aLimitIsTheProvidersOwnNotItsHosts(@TempDir Path other) throws Exception {
        try (var two = Stand.start(other, OverrunIT::twoOnOneHost, Map.of("sluice.retries.more", 0))) {
            for (var format : TestFormat.values()) {
                // Given
                try (var open = two.ask(format, true, "open", "events=1000; interval=20ms")) {
                    assertThat(open.readHead().status()).isEqualTo(200);
                    // When
                    try (var http = two.ask(format, true, "too-much", "events=1")) {
                        var head = http.readHead();
                        // Then
                        assertThat(head.status()).isEqualTo(503);
                        assertThat(head.header("retry-after")).contains("1");
                        assertThat(format.errorMessage(http.readRest().text()))
                                .contains("\"narrow\"")
                                .contains("max_open_requests");
                    }
                    // And: the other one on the same host is not concerned
                    assertThat(status(two, format, "wide/" + format.model())).isEqualTo(200);
                }
                // And: the very next request after the first has ended
                two.awaitQuiet();
                assertThat(status(two, format, format.model())).isEqualTo(200);
            }
        }
    }

    private static int status(Stand stand, TestFormat format, String model) {
        try (var http = stand.open()) {
            http.post(format.path(), format.body(model, true, "Hello!"), Stand.headers("one-more", "events=1"));
            var status = http.readHead().status();
            http.readRest();
            return status;
        }
    }

    private static String twoOnOneHost(String url) {
        var provider = """
                { "baseurl": "%s", "apikey": "k", "models": ["test-gpt", "test-claude"], "preference": %d, "max_open_requests": %d,
                  "compatibility": { "openai_chat": true, "openai_responses": true, "anthropic_messages": true },
                  "cost_basis": "openai", "model_cost_map": [{ "match": "*", "as": "gpt-4.1" }] }""";
        return """
                { "grants": [{ "src": ["*"], "app": { "tailscale.com/cap/aperture": [{ "role": "admin" }, { "models": "**" }] } }],
                  "providers": { "narrow": %s, "wide": %s } }
                """.formatted(provider.formatted(url, 1, 1), provider.formatted(url, 0, 10));
    }
}

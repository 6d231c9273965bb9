package dev.sluice.proxy;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.BareProvider;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.RawHttp;
import dev.sluice.testing.Stand;
import dev.sluice.testing.TestFormat;
import dev.sluice.testing.TestGateway;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Clients that hang up: nothing stays open behind them, and what was produced for them is charged. */
@TestInstance(Lifecycle.PER_CLASS) // So that the same can be asked of another kind of provider.
class HangUpIT {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String SCRIPT = "events=3; id=1";

    @TempDir
    static Path data;

    Stand stand;

    /** How a client goes away. */
    enum Manner {
        CLOSE,
        RESET;

        void leave(RawHttp http) {
            switch (this) {
                case CLOSE -> http.hangUp();
                case RESET -> http.reset();
            }
        }
    }

    @BeforeAll
    void start() throws Exception {
        stand = Stand.start(data);
    }

    @AfterAll
    void stop() throws Exception {
        stand.close();
    }

    static Stream<Arguments> everyWay() {
        return Stream.of(TestFormat.values())
                .flatMap(format -> Stream.of(Manner.values()).map(manner -> Arguments.of(format, manner)));
    }

    @ParameterizedTest
    @MethodSource("everyWay")
    void anAnswerWhoseClientLeavesAtAnyEventEndsAndIsCharged(TestFormat format, Manner manner) {
        // Given
        var events = stand.said(format, true, SCRIPT).events();
        var names = new HashSet<String>();
        // When
        for (var sent = 0; sent <= events.size(); sent++) {
            var name = "leaves-%s-%s-%d".formatted(format, manner, sent);
            names.add(name);
            // The provider goes no further than that, so only the hang-up can end the exchange.
            var http = stand.ask(format, true, name, SCRIPT + "; stall-after=" + sent);
            assertThat(http.readHead().status()).isEqualTo(200);
            for (var event : events.subList(0, sent)) {
                if (!format.isHidden(event)) {
                    assertThat(http.readEvent()).contains(event);
                }
            }
            manner.leave(http);
        }
        // Then
        stand.awaitQuiet();
        var exchanges = stand.exchanges(names);
        for (var sent = 0; sent <= events.size(); sent++) {
            var exchange = requireNonNull(exchanges.get("leaves-%s-%s-%d".formatted(format, manner, sent)));
            var complete = format.isComplete(events.subList(0, sent));
            assertThat(exchange.path("outcome").asText())
                    .as(exchange.toString())
                    .isEqualTo(complete ? "completed" : "client_cancelled");
            assertThat(exchange.path("cost_nanos").asLong())
                    .as(exchange.toString())
                    .isPositive();
            // A chat's usage comes behind its end, where many a client has left; a message's start tells some usage.
            if (complete ? format != TestFormat.CHAT : format != TestFormat.MESSAGES) {
                assertThat(exchange.path("estimated").asBoolean())
                        .as(exchange.toString())
                        .isEqualTo(!complete);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("everyWay")
    void aRequestWhoseClientLeavesBeforeTheHeadIsGivenUpAndItsPromptCharged(TestFormat format, Manner manner)
            throws Exception {
        // Given
        var received = stand.simulator().receivedCount();
        var name = "leaves-%s-%s-before".formatted(format, manner);
        var http = stand.ask(format, true, name, "hang");
        Eventually.await(
                SOON, () -> assertThat(stand.simulator().receivedCount()).isEqualTo(received + 1));
        // When
        manner.leave(http);
        // Then
        stand.awaitQuiet();
        var exchange = stand.exchange(name);
        assertThat(exchange.path("outcome").asText()).isEqualTo("client_cancelled");
        assertThat(exchange.path("cost_nanos").asLong()).isPositive();
        assertThat(exchange.path("estimated").asBoolean()).isTrue();
    }

    @ParameterizedTest
    @MethodSource("everyWay")
    void aClientThatLeavesWithinItsBodyLeavesNothingBehind(TestFormat format, Manner manner) {
        // Given
        var received = stand.simulator().receivedCount();
        var http = stand.open();
        // When
        http.send("POST " + format.path() + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: 1000\r\n\r\n{\"model\": ");
        manner.leave(http);
        // Then
        stand.awaitQuiet();
        assertThat(stand.simulator().receivedCount()).isEqualTo(received);
    }

    /** Where a client leaves. */
    enum Place {
        BEFORE_THE_HEAD,
        BEHIND_THE_HEAD,
        BEHIND_AN_EVENT
    }

    @ParameterizedTest
    @EnumSource
    void theConnectionToTheProviderIsClosedAtOnce(Place place, @TempDir Path other) throws Exception {
        // Given
        var asked = new CountDownLatch(1);
        try (var provider = BareProvider.start((request, in, out) -> {
                    if (place != Place.BEFORE_THE_HEAD) {
                        out.write(bytes("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"));
                    }
                    if (place == Place.BEHIND_AN_EVENT) {
                        out.write(bytes("data: {}\n\n"));
                    }
                    asked.countDown();
                    in.read();
                });
                var gateway = TestGateway.start(other, TestGateway.policy(provider.url()))) {
            var client = RawHttp.connect(gateway.node().address());
            client.post("/v1/messages", TestFormat.MESSAGES.body(true));
            asked.await();
            if (place != Place.BEFORE_THE_HEAD) {
                client.readHead();
            }
            if (place == Place.BEHIND_AN_EVENT) {
                client.readEvent();
            }
            // When
            client.hangUp();
            // Then
            Eventually.await(SOON, () -> assertThat(provider.openConnections()).isZero());
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}

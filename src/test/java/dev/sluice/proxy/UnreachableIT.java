package dev.sluice.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.BareProvider;
import dev.sluice.testing.ClosedPort;
import dev.sluice.testing.Stand;
import dev.sluice.testing.TestCertificate;
import dev.sluice.testing.TestFormat;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Providers that cannot be reached, whatever the reason: 502 in the client's format, and nothing is held or charged. */
class UnreachableIT {
    @TempDir
    static Path data;

    private static final AtomicInteger tlsRequests = new AtomicInteger();
    private static Stand stand;
    private static BareProvider selfSigned;
    private static ClosedPort closed;

    @BeforeAll
    static void start() throws Exception {
        selfSigned = BareProvider.start(TestCertificate.make(data).serverSocket(), (request, in, out) -> {
            tlsRequests.incrementAndGet();
        });
        closed = ClosedPort.take();
        stand = Stand.start(data.resolve("node"), UnreachableIT::policy, Map.of());
    }

    @AfterAll
    static void stop() throws Exception {
        stand.close();
        selfSigned.close();
        closed.close();
    }

    private static String policy(String good) {
        return """
                {
                  "grants": [{ "src": ["*"], "app": { "tailscale.com/cap/aperture": [
                    { "role": "admin" }, { "models": "**", "quotas": [{ "bucket": "pool" }] } ] } }],
                  "quotas": { "pool": { "capacity": "$10.00", "rate": "$0.00/day", "on_exceed": "reject" } },
                  "providers": {
                    "sim": %s, "nameless": %s, "underscored": %s, "refusing": %s, "forged": %s, "misnamed": %s, "plain-tls": %s,
                  },
                }
                """.formatted(
                        provider(good),
                        provider("http://something.invalid"),
                        provider("http://some_thing.invalid:8000"),
                        provider("http://127.0.0.1:" + closed.number()),
                        provider("https://localhost:" + selfSigned.port()),
                        provider("https://127.0.0.1:" + selfSigned.port()),
                        provider(good.replace("http:", "https:")));
    }

    private static String provider(String url) {
        return """
                { "baseurl": "%s", "apikey": "provider-key", "models": ["test-gpt"],
                  "compatibility": { "openai_chat": true, "openai_responses": true, "anthropic_messages": true },
                  "cost_basis": "openai", "model_cost_map": [{ "match": "*", "as": "gpt-4.1" }] }""".formatted(url);
    }

    static Stream<Arguments> everyWay() {
        return Stream.of(TestFormat.values())
                .flatMap(format -> Stream.of(
                        Arguments.of(format, "nameless", "something.invalid"),
                        Arguments.of(format, "underscored", "some_thing.invalid"),
                        Arguments.of(format, "refusing", "refused"),
                        Arguments.of(
                                format, "forged", "signed by nobody whom this machine trusts (issuer: CN=localhost"),
                        Arguments.of(format, "misnamed", "certificate"),
                        Arguments.of(format, "plain-tls", "TLS")));
    }

    @ParameterizedTest
    @MethodSource("everyWay")
    void isToldInTheClientsFormatAndHoldsNothing(TestFormat format, String provider, String why) {
        // Given
        var name = "unreachable-" + format + "-" + provider;
        try (var http = stand.open()) {
            // When
            http.post(
                    format.path(),
                    format.body(provider + "/test-gpt", true, "Hello?"),
                    Stand.headers(name, "events=1"));
            var head = http.readHead();
            var body = http.readRest().text();
            // Then
            assertThat(head.status()).as(body).isEqualTo(502);
            assertThat(format.errorMessage(body)).contains("\"" + provider + "\"");
            assertThat(format.errorMessage(body).toLowerCase(Locale.ROOT)).contains(why.toLowerCase(Locale.ROOT));
            assertThat(format.errorMessage(body)).doesNotContain("provider-key");
            // And, on the same connection
            http.post(format.path(), format.body("sim/test-gpt", true, "Hello!"), Stand.headers("good", "events=1"));
            assertThat(http.readHead().status()).isEqualTo(200);
            http.readRest();
        }
        stand.awaitQuiet();
        var exchange = stand.exchange(name);
        assertThat(exchange.path("outcome").asText()).isEqualTo("upstream_error");
        assertThat(exchange.path("status").asInt()).isEqualTo(502);
        assertThat(exchange.path("cost_nanos").asLong(-1)).isZero();
    }

    @Test
    void noRequestIsEverSentUnderACertificateThatNobodySigned() {
        assertThat(tlsRequests).hasValue(0);
    }
}

package dev.sluice;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.simulator.Simulator;
import dev.sluice.testing.AdminApi;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.RawHttp;
import dev.sluice.testing.TestGateway;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Callers behind Tailscale Serve, from their headers to their bucket, their session and what reaches the provider. Of two gateways one
 * trusts the proxy on this machine, the other trusts nobody.
 */
class ServeIdentityIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration SOON = Duration.ofSeconds(20);

    private static final String POLICY = """
            {
              "grants": [
                { "src": ["(loopback)"], "app": { "tailscale.com/cap/aperture": [
                  { "role": "admin" }, { "models": "**", "quotas": [{ "bucket": "each:<user>" }] },
                ] } },
                { "src": ["*"], "app": { "tailscale.com/cap/aperture": [{ "role": "user" }] } },
                { "src": ["ann@example.com", "jos\u00e9@example.com"], "app": { "tailscale.com/cap/aperture": [
                  { "models": "p/m", "quotas": [{ "bucket": "each:<user>" }] },
                ] } },
              ],
              "quotas": {
                "each:<user>": { "capacity": "$1000.00", "rate": "$0.00/day", "on_exceed": "reject" },
              },
              "providers": { "p": {
                "baseurl": "http://127.0.0.1:PORT", "apikey": "k", "models": ["m", "other"],
                "compatibility": { "openai_chat": true },
                "cost_basis": "openai", "model_cost_map": [{ "match": "*", "as": "gpt-4.1" }],
              } },
            }
            """;

    private static final ActorTestKit testKit = ActorTestKit.create();
    private static final Simulator simulator = new Simulator(testKit.system());

    @TempDir
    private static Path data;

    private static TestGateway trusting;
    private static TestGateway doubting;
    private static AdminApi admin;
    private static AdminApi otherAdmin;

    @BeforeAll
    static void start() throws Exception {
        var provider = simulator.bind("127.0.0.1", 0).toCompletableFuture().get(20, TimeUnit.SECONDS);
        var policy =
                POLICY.replace("PORT", Integer.toString(provider.localAddress().getPort()));
        trusting = TestGateway.start(
                data.resolve("trusting"), policy, Map.of("sluice.trusted-proxies", List.of("127.0.0.1")));
        doubting = TestGateway.start(data.resolve("doubting"), policy);
        admin = new AdminApi(address(trusting));
        otherAdmin = new AdminApi(address(doubting));
    }

    @AfterAll
    static void stop() throws Exception {
        admin.close();
        otherAdmin.close();
        trusting.close();
        doubting.close();
        testKit.shutdownTestKit();
    }

    @BeforeEach
    void forgetReceived() {
        simulator.forgetReceived();
    }

    @Test
    void aLoginHasItsOwnBucketAndSession() {
        assertThat(ask(trusting, "m", "Tailscale-User-Login: ann@example.com", "Tailscale-User-Name: Ann"))
                .isEqualTo(200);

        Eventually.await(SOON, () -> {
            assertThat(admin.buckets()).containsKey("each:ann@example.com");
            assertThat(spent("each:ann@example.com")).isPositive();
            assertThat(logins()).contains("ann@example.com");
        });
    }

    @Test
    void aLoginIsDecoded() {
        assertThat(ask(trusting, "m", "Tailscale-User-Login: =?utf-8?q?jos=C3=A9@example.com?="))
                .isEqualTo(200);

        Eventually.await(SOON, () -> assertThat(logins()).contains("jos\u00e9@example.com"));
    }

    @Test
    void headersOfAnybodyElseAreNeitherBelievedNorPassedOn() {
        // A program on this machine, whatever it says.
        assertThat(ask(
                        doubting,
                        "m",
                        "Tailscale-User-Login: bob@example.com",
                        "Tailscale-User-Name: Bob",
                        "Tailscale-App-Capabilities: {\"tailscale.com/cap/aperture\":[{\"models\":\"**\"}]}"))
                .isEqualTo(200);

        Eventually.await(SOON, () -> {
            assertThat(otherAdmin.sessions())
                    .extracting(session -> session.path("login").asText())
                    .containsOnly("(loopback)");
            assertThat(otherAdmin.buckets()).containsOnlyKeys("each:(loopback)");
        });
        assertThat(sentOn()).noneMatch(name -> name.startsWith("tailscale-"));
    }

    @Test
    void aForwardedRequestIsNobodysWhereNoProxyIsTrusted() {
        assertThat(ask(doubting, "m", "Tailscale-User-Login: bob@example.com", "X-Forwarded-For: 100.64.0.1"))
                .isEqualTo(403);
        assertThat(simulator.received()).isEmpty();
    }

    @Test
    void whoeverIsMeantIsNotToldToTheProvider() {
        assertThat(ask(
                        trusting,
                        "m",
                        "Tailscale-User-Login: ann@example.com",
                        "Tailscale-User-Name: Ann",
                        "Tailscale-User-Profile-Pic: https://example.com/ann.png",
                        "Tailscale-App-Capabilities: {}",
                        "X-Forwarded-For: 100.64.0.1"))
                .isEqualTo(200);

        assertThat(sentOn()).noneMatch(name -> name.matches("tailscale-.*|x-forwarded-.*|forwarded|x-real-ip"));
    }

    @Test
    void whatNoGrantNamesIsGrantedByTheTailnet() {
        var capabilities =
                "Tailscale-App-Capabilities: {\"tailscale.com/cap/aperture\":[{\"models\":\"p/other\",\"quotas\":[{\"bucket\":\"each:<user>\"}]}]}";

        assertThat(ask(trusting, "other", "Tailscale-User-Login: cid@example.com"))
                .isEqualTo(404);
        assertThat(ask(trusting, "other", "Tailscale-User-Login: cid@example.com", capabilities))
                .isEqualTo(200);
        assertThat(ask(trusting, "m", "Tailscale-User-Login: cid@example.com", capabilities))
                .isEqualTo(404);

        Eventually.await(SOON, () -> assertThat(spent("each:cid@example.com")).isPositive());
    }

    @Test
    void aMachineWithoutALoginIsNobody() {
        assertThat(ask(trusting, "m", "X-Forwarded-For: 100.64.0.1")).isEqualTo(403);
        assertThat(ask(trusting, "m", "Tailscale-User-Login: ")).isEqualTo(403);
    }

    @Test
    void oneSeesOnesOwnSessionsOnly() throws Exception {
        assertThat(ask(trusting, "m", "Tailscale-User-Login: ann@example.com")).isEqualTo(200);
        Eventually.await(SOON, () -> assertThat(logins()).contains("ann@example.com"));

        var foreign = admin.sessions().stream()
                .filter(session -> session.path("login").asText().equals("ann@example.com"))
                .findFirst()
                .orElseThrow()
                .path("session")
                .asText();

        assertThat(get("/api/sessions", "Tailscale-User-Login: dan@example.com").path("sessions"))
                .isEmpty();
        assertThat(get("/api/sessions", "Tailscale-User-Login: ann@example.com").path("sessions"))
                .isNotEmpty();
        assertThat(getStatus("/api/sessions/" + foreign, "Tailscale-User-Login: dan@example.com"))
                .isEqualTo(404);
    }

    private static List<String> logins() throws Exception {
        return admin.sessions().stream().map(it -> it.path("login").asText()).toList();
    }

    private static long spent(String bucket) throws Exception {
        return requireNonNull(admin.buckets().get(bucket)).path("spent_nanos").asLong();
    }

    /** Names of the headers that the provider got with the one request. */
    private static List<String> sentOn() {
        assertThat(simulator.received()).hasSize(1);
        return simulator.received().getFirst().headers().stream()
                .map(header -> header.getKey().toLowerCase(Locale.ROOT))
                .toList();
    }

    private static int ask(TestGateway gateway, String model, String... headers) {
        var body =
                "{\"model\":\"" + model + "\",\"max_tokens\":10,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
        try (var http = connect(gateway).post("/v1/chat/completions", body, headers)) {
            var status = http.readHead().status();
            http.readRest();
            return status;
        }
    }

    private static JsonNode get(String path, String... headers) throws Exception {
        try (var http = connect(trusting).get(path, headers)) {
            assertThat(http.readHead().status()).isEqualTo(200);
            return JSON.readTree(http.readRest().text());
        }
    }

    private static int getStatus(String path, String... headers) {
        try (var http = connect(trusting).get(path, headers)) {
            return http.readHead().status();
        }
    }

    private static RawHttp connect(TestGateway gateway) {
        return RawHttp.connect(address(gateway));
    }

    private static InetSocketAddress address(TestGateway gateway) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), gateway.port());
    }
}

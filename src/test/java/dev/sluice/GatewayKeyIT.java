package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.testing.BareProvider;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.RawHttp;
import dev.sluice.testing.TestGateway;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

/** Gateway keys from the administrator who makes one to the provider that never sees it, through sockets. */
@SuppressWarnings("NullAway.Init") // Made before any test.
class GatewayKeyIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String OK = "{\"id\":\"x\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[],"
            + "\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":10,\"total_tokens\":20}}";

    private static final String POLICY = """
            {
              "grants": [
                { "src": ["(loopback)"], "app": { "tailscale.com/cap/aperture": [{ "role": "admin" }] } },
                { "src": ["alice@example.com"], "app": { "tailscale.com/cap/aperture": [
                  { "role": "user" }, { "models": "**", "quotas": [{ "bucket": "each:<user>" }] } ] } },
                { "src": ["root@example.com"], "app": { "tailscale.com/cap/aperture": [{ "role": "admin" }] } },
                { "src": ["tag:ci"], "app": { "tailscale.com/cap/aperture": [{ "role": "user" }, { "models": "p/m" }] } },
              ],
              "quotas": { "each:<user>": { "capacity": "$1000.00", "rate": "$0.00/day", "on_exceed": "reject" } },
              "providers": {
                "p": { "baseurl": "URL", "apikey": "provider-key", "models": ["m", "other"],
                  "compatibility": { "openai_chat": true, "openai_responses": true, "anthropic_messages": true,
                    "gemini_generate_content": true },
                  "cost_basis": "openai", "model_cost_map": [{ "match": "*", "as": "gpt-4.1" }] },
                "own": { "baseurl": "URL", "auth_mode": "passthrough", "models": ["theirs"],
                  "compatibility": { "openai_chat": true, "anthropic_messages": true } },
              },
            }
            """;

    private static final List<String> seen = new CopyOnWriteArrayList<>();
    private static final LogLines log = new LogLines();

    @TempDir
    private static Path data;

    private static BareProvider provider;
    private static TestGateway gateway;
    private static String alice;

    /** Every line that somebody writes, as it would be printed. */
    private static final class LogLines extends AppenderBase<ILoggingEvent> {
        private final List<String> lines = new CopyOnWriteArrayList<>();

        @Override
        protected void append(ILoggingEvent event) {
            lines.add(event.getFormattedMessage() + event.getKeyValuePairs() + event.getThrowableProxy());
        }
    }

    @BeforeAll
    static void start() throws Exception {
        provider = BareProvider.start((request, in, out) -> {
            seen.add(request.head());
            out.write(("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + OK.length()
                            + "\r\n\r\n" + OK)
                    .getBytes(StandardCharsets.US_ASCII));
        });
        ours().setLevel(Level.TRACE);
        ours().setAdditive(false);
        ours().addAppender(log);
        root().addAppender(log);
        log.start();
        startGateway();
        alice = make("{\"owner\": \"alice@example.com\"}");
    }

    private static void startGateway() throws Exception {
        gateway = TestGateway.start(data, POLICY.replace("URL", provider.url()));
    }

    @AfterAll
    static void stop() {
        gateway.close();
        provider.close();
        root().detachAppender(log);
        ours().detachAppender(log);
        ours().setAdditive(true);
        ours().setLevel(Level.WARN);
    }

    private static Logger ours() {
        return (Logger) LoggerFactory.getLogger("dev.sluice");
    }

    private static Logger root() {
        return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    }

    @BeforeEach
    void forget() {
        seen.clear();
    }

    record Shape(String path, String body) {}

    private static final Shape CHAT = new Shape("/v1/chat/completions", "{\"model\":\"MODEL\",\"messages\":[]}");
    private static final Shape RESPONSES = new Shape("/v1/responses", "{\"model\":\"MODEL\",\"input\":\"hi\"}");
    private static final Shape MESSAGES =
            new Shape("/v1/messages", "{\"model\":\"MODEL\",\"max_tokens\":9,\"messages\":[]}");
    private static final Shape GEMINI = new Shape("/v1beta/models/MODEL:generateContent", "{\"contents\":[]}");

    static List<List<String>> places() {
        var places = new ArrayList<List<String>>();
        for (var shape : List.of("CHAT", "RESPONSES", "MESSAGES", "GEMINI")) {
            for (var place : List.of(
                    "Authorization: Bearer KEY",
                    "authorization: bearer   KEY ",
                    "x-api-key: KEY",
                    "X-Goog-Api-Key: KEY",
                    "api-key: KEY",
                    "?key=KEY",
                    "?alt=json&%6bey=KEY",
                    "?k%65y=sk%2Dsluice%2dREST&a=%2F+b")) {
                places.add(List.of(shape, place));
            }
        }
        return places;
    }

    @ParameterizedTest
    @MethodSource("places")
    void opensTheGatewayWhereverClientsPutIt(List<String> place) {
        var shape = shape(place.getFirst());
        var written = place.get(1).replace("KEY", alice).replace("REST", alice.substring(10));

        var status = written.startsWith("?") ? ask(shape, "m", written) : ask(shape, "m", "", written);

        assertThat(status).isEqualTo(200);
        assertThat(seen).hasSize(1);
        assertThat(seen.getFirst()).contains("provider-key").doesNotContainIgnoringCase("sluice-");
    }

    private static Shape shape(String name) {
        return switch (name) {
            case "CHAT" -> CHAT;
            case "RESPONSES" -> RESPONSES;
            case "MESSAGES" -> MESSAGES;
            default -> GEMINI;
        };
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "?key=KEY ''",
                "?a=%2F+b&key=KEY ?a=%2F+b",
                "?key=KEY&a=1&b=%e4%bd%a0 ?a=1&b=%e4%bd%a0",
                "?a=1&%6B%65%79=KEY&&b ?a=1&&b",
                "?x=KEY&y=%6bey ?y=%6bey",
            })
    void theRestOfAQueryStaysByteForByte(String sent, String passed) {
        assertThat(ask(CHAT, "m", sent.replace("KEY", alice), "x-api-key: " + alice))
                .isEqualTo(200);

        assertThat(seen.getFirst()).startsWith("POST /v1/chat/completions" + passed + " HTTP/1.1\r\n");
    }

    @Test
    void isSomebodyElseThanTheProgramThatShowsIt() throws Exception {
        ask(CHAT, "m", "", "User-Agent: whoever", "x-api-key: " + alice);

        Eventually.await(SOON, () -> {
            assertThat(get("/api/sessions").body().findValuesAsText("login")).contains("alice@example.com");
            assertThat(get("/api/quotas").body().findValuesAsText("bucket")).contains("each:alice@example.com");
            // Her latest session is this one's as soon as it is recorded; until then it is one of her other keys'.
            var session = get("/api/sessions", "x-api-key: " + alice)
                    .body()
                    .path("sessions")
                    .path(0)
                    .path("session")
                    .asText();
            assertThat(get("/api/sessions/" + session).body().findValuesAsText("node"))
                    .contains("key:" + id(alice));
        });
    }

    @Test
    void isNotShownToAProviderThatGetsTheClientsOwnCredential() {
        assertThat(ask(CHAT, "theirs", "", "Authorization: Bearer sEcReT-own", "x-api-key: " + alice))
                .isEqualTo(200);
        assertThat(ask(MESSAGES, "theirs", "", "Authorization: Bearer " + alice, "x-api-key: sEcReT-own"))
                .isEqualTo(200);
        assertThat(ask(CHAT, "theirs", "?key=" + alice, "Authorization: Bearer sEcReT-own", "x-debug: is " + alice))
                .isEqualTo(200);

        assertThat(seen)
                .hasSize(3)
                .allSatisfy(head -> assertThat(head).contains("sEcReT-own").doesNotContain("sluice-"));
    }

    @Test
    void otherKeysAreNobodysBusinessHere() {
        // Still the program on this machine, which is granted no model.
        assertThat(ask(CHAT, "m", "", "Authorization: Bearer sk-proj-abc")).isEqualTo(404);
        assertThat(get("/api/keys", "x-api-key: sk-ant-abc").status()).isEqualTo(200);
    }

    @Test
    void oneThatIsForgedOrMisspeltIsADenialWhateverElseTheRequestSays() throws Exception {
        var forged = make("{\"owner\": \"alice@example.com\"}").toCharArray();
        forged[40] = forged[40] == 'a' ? 'b' : 'a';
        for (var key : List.of(
                new String(forged),
                alice + "a",
                alice.substring(0, 60),
                alice.toUpperCase(Locale.ROOT),
                "sk-sluice-",
                "sk-sluice-aaaaaaaaaaaaaaaa-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")) {
            // From this machine, where everybody is an administrator without a key.
            assertThat(get("/api/keys", "Authorization: Bearer " + key).status())
                    .as(key)
                    .isEqualTo(403);
            assertThat(ask(CHAT, "m", "?key=" + key)).as(key).isEqualTo(403);
        }
        assertThat(seen).isEmpty();
    }

    @Test
    void twoDifferentOnesAreADenial() throws Exception {
        var other = make("{\"owner\": \"alice@example.com\"}");

        assertThat(ask(CHAT, "m", "", "x-api-key: " + alice, "x-goog-api-key: " + other))
                .isEqualTo(403);
        assertThat(ask(CHAT, "m", "?key=" + other, "x-api-key: " + alice)).isEqualTo(403);
        assertThat(ask(CHAT, "m", "?key=" + other + "&%6bey=" + alice)).isEqualTo(403);
        assertThat(ask(CHAT, "m", "", "x-api-key: " + alice, "x-api-key: " + other))
                .isEqualTo(403);
        assertThat(ask(CHAT, "m", "?key=" + alice, "x-api-key: " + alice)).isEqualTo(200);
    }

    @Test
    void holdsNoMoreOnceItIsRevoked() throws Exception {
        var key = make("{\"owner\": \"alice@example.com\"}");
        assertThat(ask(CHAT, "m", "", "x-api-key: " + key)).isEqualTo(200);

        var revoked = delete("/api/keys/" + id(key));

        assertThat(revoked.status()).isEqualTo(200);
        assertThat(revoked.body().path("status").asText()).isEqualTo("revoked");
        assertThat(ask(CHAT, "m", "", "x-api-key: " + key)).isEqualTo(403);
        assertThat(delete("/api/keys/" + id(key)).body()).isEqualTo(revoked.body());
        assertThat(delete("/api/keys/nothing").status()).isEqualTo(404);
    }

    @Test
    void holdsNoMoreOnceItHasExpired() throws Exception {
        var key = make("{\"owner\": \"alice@example.com\", \"expires\": \""
                + Instant.now().plusMillis(3000) + "\"}");

        assertThat(ask(CHAT, "m", "", "x-api-key: " + key)).isEqualTo(200);
        Eventually.await(
                SOON, () -> assertThat(ask(CHAT, "m", "", "x-api-key: " + key)).isEqualTo(403));
        assertThat(about(key).path("status").asText()).isEqualTo("expired");
    }

    @Test
    void mayBeForSomeModelsOnly() throws Exception {
        var key = make("{\"owner\": \"alice@example.com\", \"models\": [\"p/oth*\"]}");

        assertThat(ask(CHAT, "m", "", "x-api-key: " + key)).isEqualTo(404);
        assertThat(ask(CHAT, "other", "", "x-api-key: " + key)).isEqualTo(200);
        assertThat(get("/v1/models", "x-api-key: " + key).body().findValuesAsText("id"))
                .contains("other")
                .doesNotContain("m", "theirs");
    }

    @Test
    void mayHaveMoneyOfItsOwn() throws Exception {
        var key = make(
                "{\"owner\": \"alice@example.com\", \"quota\": {\"capacity\": \"$0.00001\", \"rate\": \"$0/day\"}}");

        assertThat(ask(CHAT, "m", "", "x-api-key: " + key)).isEqualTo(200);
        Eventually.await(
                SOON, () -> assertThat(ask(CHAT, "m", "", "x-api-key: " + key)).isEqualTo(429));
        assertThat(ask(CHAT, "m", "", "x-api-key: " + alice)).isEqualTo(200);
        assertThat(get("/api/quotas", "x-api-key: " + key).body().findValuesAsText("bucket"))
                .containsExactlyInAnyOrder("each:alice@example.com", "key:" + id(key));
    }

    @Test
    void mayBeAMachines() throws Exception {
        var key = make("{\"owner\": \"alice@example.com\", \"tags\": [\"tag:ci\"]}");

        assertThat(ask(CHAT, "m", "", "x-api-key: " + key)).isEqualTo(200);
        // Its owner is granted that one, the machine is not.
        assertThat(ask(CHAT, "other", "", "x-api-key: " + key)).isEqualTo(404);
    }

    @Test
    void isAnAdministratorsOnlyWhereThatWasSaid() throws Exception {
        var plain = make("{\"owner\": \"root@example.com\"}");
        var admin = make("{\"owner\": \"root@example.com\", \"allow_admin\": true}");
        var aspiring = make("{\"owner\": \"alice@example.com\", \"allow_admin\": true}");

        assertThat(post("{\"owner\": \"bob\"}", "x-api-key: " + plain).status()).isEqualTo(403);
        assertThat(post("{\"owner\": \"bob\"}", "x-api-key: " + aspiring).status())
                .isEqualTo(403);
        assertThat(post("{\"owner\": \"bob\"}", "x-api-key: " + admin).status()).isEqualTo(201);
    }

    @Test
    void onesOwnAreListedAndNobodyElses() throws Exception {
        var roots = make("{\"owner\": \"root@example.com\"}");

        assertThat(get("/api/keys", "x-api-key: " + alice).body().findValuesAsText("owner"))
                .isNotEmpty()
                .containsOnly("alice@example.com");
        assertThat(delete("/api/keys/" + id(roots), "x-api-key: " + alice).status())
                .isEqualTo(404);
        assertThat(about(roots).path("status").asText()).isEqualTo("active");
    }

    @Test
    void isToldOnceAndByNobodyElse() throws Exception {
        var made = post("{\"owner\": \"alice@example.com\", \"name\": \"laptop\"}");
        var key = made.body().path("key").asText();
        ask(CHAT, "m", "?key=" + key + "&k2=" + key, "x-api-key: " + key, "User-Agent: sk-agent");
        ask(CHAT, "no-such-model", "?key=" + key);
        ask(CHAT, "m", "?key=" + key + "x");
        get("/api/keys?key=" + key);
        delete("/api/keys/" + id(key));
        ask(CHAT, "m", "?key=" + key);

        assertThat(made.head().header("cache-control")).contains("no-store");
        var secret = key.substring(27);
        Eventually.await(
                SOON, () -> assertThat(get("/api/sessions").body().toString()).contains("alice"));
        assertThat(get("/api/keys").body().toString()).contains(id(key)).doesNotContain(secret);
        assertThat(log.lines).isNotEmpty().noneMatch(line -> line.contains(secret));
        try (var files = Files.walk(data)) {
            assertThat(files.filter(Files::isRegularFile))
                    .isNotEmpty()
                    .noneMatch(file -> read(file).contains(secret));
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void outlivesTheProcess() throws Exception {
        var revoked = make("{\"owner\": \"alice@example.com\"}");
        delete("/api/keys/" + id(revoked));
        ask(CHAT, "m", "", "x-api-key: " + alice);
        Eventually.await(
                SOON,
                () -> assertThat(about(alice).path("last_used").isTextual()).isTrue());
        var before = get("/api/keys").body();

        gateway.close();
        startGateway();

        assertThat(ask(CHAT, "m", "", "x-api-key: " + alice)).isEqualTo(200);
        assertThat(ask(CHAT, "m", "", "x-api-key: " + revoked)).isEqualTo(403);
        assertThat(get("/api/keys").body().findValuesAsText("id")).isEqualTo(before.findValuesAsText("id"));
    }

    private static String make(String body) throws IOException {
        var made = post(body);
        assertThat(made.status()).as(made.body().toString()).isEqualTo(201);
        return made.body().path("key").asText();
    }

    private static JsonNode about(String key) {
        for (var each : get("/api/keys?limit=500").body().path("keys")) {
            if (each.path("id").asText().equals(id(key))) {
                return each;
            }
        }
        throw new AssertionError("not listed: " + id(key));
    }

    private static String id(String key) {
        return key.substring(10, 26);
    }

    private record Answer(RawHttp.Head head, JsonNode body) {
        int status() {
            return head.status();
        }
    }

    private static int ask(Shape shape, String model, String query, String... headers) {
        try (var http = connect()
                .post(shape.path().replace("MODEL", model) + query, shape.body().replace("MODEL", model), headers)) {
            var status = http.readHead().status();
            http.readRest();
            return status;
        }
    }

    private static Answer post(String body, String... headers) {
        try (var http = connect().post("/api/keys", body, headers)) {
            return answer(http);
        }
    }

    private static Answer get(String path, String... headers) {
        try (var http = connect().get(path, headers)) {
            return answer(http);
        }
    }

    private static Answer delete(String path, String... headers) {
        var lines = headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
        try (var http = connect().send("DELETE " + path + " HTTP/1.1\r\nHost: localhost\r\n" + lines + "\r\n")) {
            return answer(http);
        }
    }

    private static Answer answer(RawHttp http) {
        try {
            return new Answer(http.readHead(), JSON.readTree(http.readRest().text()));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static RawHttp connect() {
        return RawHttp.connect(gateway.node().address());
    }
}

package dev.sluice.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.config.PolicyDocument;
import dev.sluice.config.Redaction;
import dev.sluice.identity.Caller;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.TestGateway;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The policy of a running gateway, changed through its API and in its file. */
@SuppressWarnings("NullAway.Init") // Made before any test.
class PolicyIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String KEY = "sk-ant-api03-0123456789-0123456789-0123456789";

    @TempDir
    private static Path directory;

    private static final HttpClient client = HttpClient.newHttpClient();
    private static Path file;
    private static TestGateway gateway;

    /** Where a test begins. */
    private long base;

    @BeforeAll
    static void start() throws Exception {
        file = directory.resolve("company.hujson");
        Files.writeString(file, policy("m1"));
        restart();
    }

    @AfterAll
    static void stop() {
        gateway.close();
        client.close();
    }

    @BeforeEach
    void beginAnew() throws Exception {
        var put = put(policy("m1"), "*");
        assertThat(put.status()).as(put.body()).isEqualTo(200);
        base = put.json().path("version").asLong();
    }

    private static void restart() throws Exception {
        gateway = TestGateway.start(directory.resolve("data"), file, Map.of());
    }

    private static String policy(String model) {
        return """
                {
                  // Who may what: local callers, everything.
                  "grants": [{ "src": ["(loopback)"], "app": { "tailscale.com/cap/aperture": [
                    { "role": "admin" }, { "models": "**" },
                  ] } }],
                  "providers": {
                    "p": {
                      "baseurl": "http://127.0.0.1:9", "apikey": "%s", /* ours */ "models": ["%s"],
                    },
                  },
                }
                """.formatted(KEY, model);
    }

    @Test
    void isSavedThroughTheApiAndRedactedOnTheWayOut() throws Exception {
        var got = get("/aperture/config");
        assertThat(got.json().path("config").textValue()).isEqualTo(policy("m1").replace(KEY, "keyid:p:p:sk-ant-a"));
        var permissions = PosixFilePermissions.fromString("rw-r-----");
        Files.setPosixFilePermissions(file, permissions);

        var put = put(got.json().path("config").textValue().replace("m1", "m2"), got.tag());

        assertThat(put.status()).isEqualTo(200);
        assertThat(put.json().path("config").textValue()).isEqualTo(policy("m2").replace(KEY, "keyid:p:p:sk-ant-a"));
        assertThat(put.json().path("version").asLong()).isEqualTo(base + 1);
        assertThat(models()).containsExactly("m2");
        assertThat(file).hasContent(policy("m2"));
        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(permissions);
        try (var files = Files.list(directory)) {
            assertThat(files.map(it -> it.getFileName().toString()))
                    .containsExactlyInAnyOrder("company.hujson", "data");
        }
    }

    @Test
    void isSavedOnlyOverWhatItWasMadeFrom() throws Exception {
        var first = get("/aperture/config").tag();
        put(policy("m2"), first);

        var late = put(policy("m3"), first);

        assertThat(late.status()).isEqualTo(412);
        assertThat(late.type()).isEqualTo("application/problem+json");
        assertThat(late.tag()).isEqualTo(get("/aperture/config").tag());
        assertThat(models()).containsExactly("m2");
        assertThat(send("PUT", "/aperture/config", json(policy("m3")), "x", "y").status())
                .isEqualTo(428);
        assertThat(put(policy("m3"), "*").status()).isEqualTo(200);
    }

    @Test
    void isNotSavedWithAnyFlaw() throws Exception {
        var flawed = put(policy("m2").replace("\"apikey\"", "\"apikye\""), "*");
        var broken = put("{", "*");
        var redacted = put(policy("m2").replace(KEY, "keyid:p:p:another"), "*");

        assertThat(flawed.status()).isEqualTo(422);
        assertThat(flawed.json().path("errors").get(0).path("location").textValue())
                .isEqualTo("body.config");
        assertThat(flawed.json().path("errors").get(0).path("message").textValue())
                .isEqualTo("line 8, column 40: unknown config key \"apikye\" (did you mean \"apikey\"?)");
        assertThat(broken.status()).isEqualTo(422);
        assertThat(redacted.status()).isEqualTo(422);
        assertThat(models()).containsExactly("m1");
        assertThat(file).hasContent(policy("m1"));
    }

    @Test
    void isNotSavedByWhoWouldLockThemselvesOut() throws Exception {
        var document = policy("m2").replace("(loopback)", "ann@example.com");

        var locked = put(document, "*");

        assertThat(locked.status()).isEqualTo(422);
        assertThat(locked.json().path("detail").textValue()).contains("administrator");
        var validated = send("POST", "/aperture/config:validate", json(document), "x", "y");
        assertThat(validated.json().toString()).isEqualTo("{\"valid\":true,\"errors\":null}");
    }

    /** Whatever a document turns into: all of it is in force or nothing of it, here, in the file and on the way out. */
    @Test
    void isNeverHalfApplied() throws Exception {
        var seed = Long.getLong("sluice.seed", System.nanoTime());
        var random = new Random(seed);
        var inForce = policy("m1");
        var saved = 0;
        for (var i = 0; i < 300; i++) {
            var label = i + " of -Dsluice.seed=" + seed;
            var document = changed(policy("m" + i), random);
            var put = put(document, "*");
            assertThat(put.status()).as(label).isIn(200, 422);
            if (put.status() == 200) {
                inForce = document;
                saved++;
            }
            assertThat(Files.readString(file)).as(label).isEqualTo(inForce);
            var expected = Redaction.of(inForce).text();
            assertThat(get("/aperture/config").json().path("config").textValue())
                    .as(label)
                    .isEqualTo(expected);
            assertThat(models()).as(label).isEqualTo(modelsUnder(inForce));
        }
        assertThat(saved).isBetween(10, 290);
    }

    private static List<String> modelsUnder(String document) {
        var policy = Objects.requireNonNull(PolicyDocument.read(document).policy());
        var rules = InForce.of(policy, InstantSource.system());
        var local = new Caller("(loopback)", "", "", List.of(), List.of(), true, List.of());
        return rules.router().all().stream()
                .filter(it -> rules.access()
                        .permit(local, it.provider().id(), it.model())
                        .isPresent())
                .map(it -> it.model())
                .toList();
    }

    /** With a character less, more or otherwise, or as it was. */
    private static String changed(String document, Random random) {
        var at = random.nextInt(document.length());
        var other = "{}[]\",:/x5 ".charAt(random.nextInt(11));
        return switch (random.nextInt(4)) {
            case 0 -> document.substring(0, at) + document.substring(at + 1);
            case 1 -> document.substring(0, at) + other + document.substring(at);
            case 2 -> document.substring(0, at) + other + document.substring(at + 1);
            default -> document;
        };
    }

    @Test
    void tellsNoSecretInWhatItFindsWrong() throws Exception {
        for (var line :
                List.of("keyid:p:p:sk-ant-a", "X-Api Key: keyid:p:p:sk-ant-a", "Authorization : keyid:p:p:sk-ant-a")) {
            var document = policy("m2").replace("\"models\"", "\"add_headers\": [\"" + line + "\"], \"models\"");
            assertThat(send("POST", "/aperture/config:validate", json(document), "x", "y")
                            .body())
                    .contains("\"valid\":false")
                    .doesNotContain(KEY);
            assertThat(put(document, "*").body()).doesNotContain(KEY);
        }
        assertThat(put("{\"providers\": {\"p\": {\"apikey\": gsk_0123456789abcdef}}}", "*")
                        .body())
                .doesNotContain("gsk_");
    }

    @Test
    void isNotSavedLargerThanTheFileMayBe() throws Exception {
        var large = policy("m2") + "// " + "x".repeat(PolicyFile.MAX_BYTES) + "\n";

        assertThat(put(large, "*").status()).isEqualTo(422);
        var half = json(policy("m2") + "// HALF\n").replace("HALF", "\\ud800");
        assertThat(send("PUT", "/aperture/config", half, "If-Match", "*").status())
                .isEqualTo(422);
        assertThat(models()).containsExactly("m1");
    }

    @Test
    void isValidatedWithoutBeingSaved() throws Exception {
        var validated = send("POST", "/aperture/config:validate", json("{}"), "x", "y");

        assertThat(validated.json().path("valid").booleanValue()).isFalse();
        assertThat(validated.json().path("errors").get(0).textValue())
                .startsWith("no providers or mcp servers defined");
        assertThat(models()).containsExactly("m1");
    }

    @Test
    void isSavedThroughTheOlderApi() throws Exception {
        var got = get("/api/config").json();
        var body = JSON.createObjectNode()
                .put("config", policy("m2"))
                .put("hash", got.path("hash").textValue());

        var put = send("PUT", "/api/config", body.toString(), "x", "y");

        assertThat(got.path("exists").booleanValue()).isTrue();
        assertThat(put.json().path("hash").textValue())
                .isEqualTo(get("/api/config").json().path("hash").textValue());
        assertThat(send("PUT", "/api/config", body.toString(), "x", "y").status())
                .isEqualTo(409);
    }

    @Test
    void remembersEveryVersionAndRollsBack() throws Exception {
        put(policy("m2"), "*");
        put(policy("m2").replace(KEY, KEY + "-rotated"), "*");

        var versions = get("/aperture/config/versions?limit=2").json();
        var second = get("/aperture/config/versions/" + (base + 1)).json();
        var third = get("/aperture/config/versions/" + (base + 2)).json();
        var back = send("POST", "/aperture/config/versions/" + base + ":rollback", "", "If-Match", "*");

        assertThat(versions.path("versions").findValuesAsText("version"))
                .containsExactly("" + (base + 2), "" + (base + 1));
        assertThat(versions.path("versions").findValuesAsText("by")).containsExactly("(loopback)", "(loopback)");
        assertThat(versions.path("next_before").asLong()).isEqualTo(base + 1);
        assertThat(get("/aperture/config/versions?before=2")
                        .json()
                        .path("versions")
                        .findValuesAsText("by"))
                .containsExactly("(file)");
        assertThat(second.path("diff").textValue())
                .contains("--- version " + base + "\n+++ version " + (base + 1) + "\n")
                .contains("\n+")
                .contains("m2");
        assertThat(third.path("diff").textValue())
                .contains("keyid:p:p:sk-ant-a#2")
                .doesNotContain(KEY);
        assertThat(second.toString() + third + versions).doesNotContain(KEY);
        assertThat(back.status()).isEqualTo(200);
        assertThat(back.json().path("version").asLong()).isEqualTo(base + 3);
        assertThat(models()).containsExactly("m1");
        assertThat(file).hasContent(policy("m1"));
        assertThat(get("/aperture/config/versions/" + (base + 3))
                        .json()
                        .path("restored")
                        .asLong())
                .isEqualTo(base);
        assertThat(get("/aperture/config/versions/" + (base + 4)).status()).isEqualTo(404);
        assertThat(send("POST", "/aperture/config/versions/999:rollback", "", "If-Match", "*")
                        .status())
                .isEqualTo(404);
        assertThat(send("POST", "/aperture/config/versions/1:rollback", "", "x", "y")
                        .status())
                .isEqualTo(428);
    }

    @Test
    void isTakenFromTheFileWhenThatChanges() throws Exception {
        Files.writeString(file, policy("m2"));

        Eventually.await(SOON, () -> assertThat(models()).containsExactly("m2"));

        var newest =
                get("/aperture/config/versions?limit=1").json().path("versions").get(0);
        assertThat(newest.path("by").textValue()).isEqualTo("(file)");
    }

    @Test
    void staysAsItIsWhenTheFileIsBad() throws Exception {
        Files.writeString(file, policy("m2").replace("\"grants\": [", "\"grants\": [["));
        Eventually.await(SOON, () -> assertThat(get("/readyz").body()).contains("not the one that was last written"));

        assertThat(get("/readyz").status()).isEqualTo(200);
        assertThat(models()).containsExactly("m1");
        assertThat(get("/aperture/config").json().path("troubles").get(0).textValue())
                .contains("company.hujson:");
        assertThat(put(policy("m3"), get("/aperture/config").tag()).status()).isEqualTo(409);
        assertThat(Files.readString(file)).contains("[[");

        Files.writeString(file, policy("m2"));
        Eventually.await(SOON, () -> assertThat(models()).containsExactly("m2"));
        assertThat(get("/readyz").body()).isEqualTo("ready\n");
    }

    @Test
    void isSavedOverABadFileByWhoSaysSo() throws Exception {
        Files.writeString(file, "{");
        Eventually.await(SOON, () -> assertThat(get("/readyz").body()).contains("policy"));

        assertThat(put(policy("m3"), "*").status()).isEqualTo(200);

        assertThat(file).hasContent(policy("m3"));
        assertThat(get("/readyz").body()).isEqualTo("ready\n");
    }

    @Test
    void outlivesARestartThoughTheFileCouldNotBeWritten() throws Exception {
        var obstacle = Files.createDirectories(directory.resolve(".company.hujson.new"));
        var put = put(policy("m2"), "*");
        assertThat(put.status()).isEqualTo(200);
        assertThat(put.json().path("troubles").toString()).contains("cannot be written");
        assertThat(models()).containsExactly("m2");
        gateway.close();
        assertThat(file).hasContent(policy("m1"));
        Files.delete(obstacle);

        restart();

        assertThat(models()).containsExactly("m2");
        Eventually.await(SOON, () -> assertThat(file).hasContent(policy("m2")));
        assertThat(get("/aperture/config").json().path("version").asLong()).isEqualTo(base + 1);
    }

    @Test
    void isTheFilesAfterARestartWhenThatWasChanged() throws Exception {
        put(policy("m2"), "*");
        gateway.close();
        Files.writeString(file, policy("m3"));

        restart();

        assertThat(models()).containsExactly("m3");
        assertThat(get("/aperture/config/versions?limit=3")
                        .json()
                        .path("versions")
                        .findValuesAsText("by"))
                .startsWith("(file)", "(loopback)");
    }

    @Test
    void revokesAccessWithTheNextRequest() throws Exception {
        var revoking = policy("m1").replace("{ \"models\": \"**\" },", "{ \"models\": \"p/other\" },");

        assertThat(put(revoking, "*").status()).isEqualTo(200);

        assertThat(models()).isEmpty();
    }

    private static List<String> models() throws Exception {
        var ids = new ArrayList<String>();
        get("/v1/models")
                .json()
                .path("data")
                .forEach(model -> ids.add(model.path("id").textValue()));
        return ids;
    }

    private static String json(String document) {
        return JSON.createObjectNode().put("config", document).toString();
    }

    private record Answer(int status, String body, String type, String tag) {
        static Answer of(HttpResponse<String> response) {
            return new Answer(
                    response.statusCode(),
                    response.body(),
                    response.headers().firstValue("content-type").orElse(""),
                    response.headers().firstValue("etag").orElse(""));
        }

        JsonNode json() throws IOException {
            return JSON.readTree(body);
        }
    }

    private static Answer put(String document, String tag) throws Exception {
        return send("PUT", "/aperture/config", json(document), "If-Match", tag);
    }

    private static Answer get(String path) throws Exception {
        return Answer.of(client.send(
                HttpRequest.newBuilder(URI.create(gateway.url() + path)).build(), BodyHandlers.ofString()));
    }

    private static Answer send(String method, String path, String body, String header, String value) throws Exception {
        return Answer.of(client.send(
                HttpRequest.newBuilder(URI.create(gateway.url() + path))
                        .method(method, BodyPublishers.ofString(body))
                        .header("content-type", "application/json")
                        .header(header, value)
                        .build(),
                BodyHandlers.ofString()));
    }
}

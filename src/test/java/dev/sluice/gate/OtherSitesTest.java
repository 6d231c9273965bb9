package dev.sluice.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.PolicyDocument;
import dev.sluice.policy.InForce;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.StreamSupport;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a browser is told for pages of other sites. */
class OtherSitesTest {
    private static final ActorTestKit kit = ActorTestKit.create();

    private static final String POLICY = """
            { "grants": [
              { "src": ["*"], "app": { "tailscale.com/cap/aperture": [{ "role": "user" }] } },
              { "src": ["root"], "app": { "tailscale.com/cap/aperture": [{ "role": "admin" }] } },
              { "src": ["alice"], "app": { "tailscale.com/cap/aperture": [{ "set_cors": true, "cors_paths": ["/v1/**"],
                "Access-Control-Allow-Origin": "https://app.test", "Access-Control-Allow-Methods": "POST, DELETE",
                "Access-Control-Allow-Headers": "content-type, x-session" }] } },
            ] }
            """;

    private final Gate gate = gate(POLICY);

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    @ParameterizedTest
    @CsvSource({
        // caller, origin, path, status, who may read the answer, whether the answer depends on the origin
        "alice, https://app.test, /v1/models, 200, https://app.test, Origin",
        "alice, https://app.test, /v1/broken, 500, https://app.test, Origin",
        "alice, https://evil.test, /v1/models, 200, , Origin",
        "alice, null, /v1/models, 200, , Origin",
        "alice, , /v1/models, 200, ,",
        "alice, https://app.test, /api/things, 200, , Origin",
        "alice, https://app.test, /api/secrets, 403, ,",
        "bob, https://app.test, /v1/models, 200, ,",
        ", https://app.test, /v1/models, 403, ,",
        ", https://app.test, /healthz, 200, ,",
    })
    void anAnswerSaysWhoMayReadIt(
            @Nullable String caller,
            @Nullable String origin,
            String path,
            int status,
            @Nullable String allowed,
            @Nullable String vary) {
        var answer = ask(gate, request(caller, origin, path));

        assertThat(answer.status().intValue()).isEqualTo(status);
        assertThat(header(answer, "Access-Control-Allow-Origin")).isEqualTo(allowed);
        assertThat(header(answer, "Vary")).isEqualTo(vary);
        assertThat(header(answer, "Access-Control-Allow-Credentials")).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        // caller, origin, path, method to come, status
        "alice, https://app.test, /v1/models, GET, 204",
        ", https://app.test, /v1/models, GET, 204",
        "bob, https://app.test, /v1/models, GET, 405",
        "alice, https://evil.test, /v1/models, GET, 405",
        ", https://evil.test, /v1/models, GET, 405",
        ", null, /v1/models, GET, 405",
        ", https://app.test, /v1/models, DELETE, 405",
        ", https://app.test, /v1/models, NONSENSE, 405",
        ", https://app.test, /v1/models, , 405",
        ", , /v1/models, GET, 405",
        ", https://app.test, /api/things, GET, 405",
        ", https://app.test, /nowhere, GET, 404",
    })
    void aPreflightIsAnsweredWhereGrantsAllowIt(
            @Nullable String caller, @Nullable String origin, String path, @Nullable String method, int status) {
        var request = request(caller, origin, path).withMethod(HttpMethods.OPTIONS);

        var answer = ask(
                gate,
                method == null
                        ? request
                        : request.addHeader(RawHeader.create("Access-Control-Request-Method", method)));

        assertThat(answer.status().intValue()).isEqualTo(status);
        assertThat(header(answer, "Access-Control-Allow-Credentials")).isNull();
        if (status == 204) {
            assertThat(header(answer, "Access-Control-Allow-Origin")).isEqualTo("https://app.test");
            assertThat(header(answer, "Access-Control-Allow-Methods")).isEqualTo("POST, DELETE");
            assertThat(header(answer, "Access-Control-Allow-Headers")).isEqualTo("content-type, x-session");
            assertThat(header(answer, "Vary")).startsWith("Origin");
        } else {
            assertThat(header(answer, "Access-Control-Allow-Origin")).isNull();
        }
    }

    @Test
    void aPolicyWithoutOtherSitesChangesNoAnswer() {
        var plain = gate("""
                { "grants": [{ "src": ["*"], "app": { "tailscale.com/cap/aperture": [{ "role": "user" }] } }] }
                """);

        var answer = ask(plain, request("alice", "https://app.test", "/v1/models"));

        assertThat(answer).isSameAs(ANSWER);
    }

    private static final HttpResponse ANSWER = HttpResponse.create().withEntity("hello");

    private static Gate gate(String document) {
        var policy = Objects.requireNonNull(PolicyDocument.read(document).policy());
        var rules = InForce.of(policy, InstantSource.system());
        return new Gate(
                List.of(
                        new Endpoint(HttpMethods.GET, "/healthz", Needs.NOTHING, OtherSitesTest::answer),
                        new Endpoint(HttpMethods.GET, "/v1/models", Needs.ROLE, OtherSitesTest::answer),
                        new Endpoint(HttpMethods.GET, "/v1/broken", Needs.MODEL, call -> {
                            throw new IllegalStateException("on purpose");
                        }),
                        new Endpoint(HttpMethods.GET, "/api/things", Needs.ROLE, OtherSitesTest::answer),
                        new Endpoint(HttpMethods.GET, "/api/secrets", Needs.ADMIN, OtherSitesTest::answer)),
                new Visitors(),
                () -> rules,
                new FakeAudit(),
                kit.system(),
                new Random(1));
    }

    private static CompletableFuture<HttpResponse> answer(Call call) {
        return CompletableFuture.completedFuture(ANSWER);
    }

    private static HttpRequest request(@Nullable String caller, @Nullable String origin, String path) {
        var request = HttpRequest.GET(path);
        var known = caller == null ? request : request.addHeader(RawHeader.create(Visitors.HEADER, caller));
        return origin == null ? known : known.addHeader(RawHeader.create("Origin", origin));
    }

    private static HttpResponse ask(Gate gate, HttpRequest request) {
        return gate.handle(Visitors.PEER, request).toCompletableFuture().join();
    }

    /** All values of a header, so that one that comes twice shows. */
    private static @Nullable String header(HttpResponse answer, String name) {
        var values = StreamSupport.stream(answer.getHeaders().spliterator(), false)
                .filter(header -> header.is(name.toLowerCase(java.util.Locale.ROOT)))
                .map(HttpHeader::value)
                .toList();
        return values.isEmpty() ? null : String.join(" and ", values);
    }
}

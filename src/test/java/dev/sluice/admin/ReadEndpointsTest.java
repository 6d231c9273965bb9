package dev.sluice.admin;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.config.PolicyDocument;
import dev.sluice.export.FakeExporter;
import dev.sluice.gate.FakeAudit;
import dev.sluice.gate.Gate;
import dev.sluice.gate.Visitors;
import dev.sluice.policy.InForce;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.stream.StreamSupport;
import java.util.zip.GZIPInputStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the control plane tells about a policy, through its gate. */
class ReadEndpointsTest {
    private static final ActorTestKit kit = ActorTestKit.create();
    private static final ObjectMapper json = new ObjectMapper();
    private static final InstantSource NOON = InstantSource.fixed(Instant.parse("2026-11-21T12:00:00Z"));
    private static final String POLICY = """
            {
              "providers": {
                "openai": {"baseurl": "https://api.openai.com", "apikey": "sk-SECRET", "models": ["gpt-4.1", "gpt-unheard-of"],
                  "name": "OpenAI", "description": "Theirs", "preference": 2,
                  "compatibility": {"openai_chat": true, "openai_responses": true}},
                "anthropic": {"baseurl": "https://api.anthropic.com", "auth_mode": "passthrough", "models": ["claude-*"],
                  "compatibility": {"openai_chat": false, "anthropic_messages": true}},
                "old": {"baseurl": "http://old", "apikeys": ["SECRET-1", "SECRET-2"], "models": ["gpt-4.1", "relic"], "disabled": true},
              },
              "quotas": {"daily:<user>": {"capacity": "$10.00", "rate": "$5.00/day", "on_exceed": "reject"}},
              "grants": [
                {"src": ["*"], "srcPosture": ["posture:x"], "app": {"tailscale.com/cap/aperture": [{"role": "admin"}]}},
                {"src": ["root"], "app": {"tailscale.com/cap/aperture": [{"role": "admin"}, {"models": "**"}]}},
                {"src": ["alice", "bob", "meter"], "app": {"tailscale.com/cap/aperture": [
                  {"role": "user"},
                  {"models": "openai/gpt-4*", "quotas": [{"bucket": "daily:<user>"}]}]}},
                {"src": ["*"], "app": {"tailscale.com/cap/aperture": [{"quotas": [{"bucket": "daily:<user>"}, {"bucket": "gone"}]}]}},
                {"src": ["bob"], "expires": "2026-11-01T00:00:00Z", "app": {"tailscale.com/cap/aperture": [{"models": "anthropic/**"}]}},
                {"src": ["tag:ci", "group:eng"], "app": {"tailscale.com/cap/aperture": [{"role": "user", "models": "anthropic/**"}]}},
                {"src": ["meter"], "app": {"tailscale.com/cap/aperture": [{"read_pricing": true}]}},
              ],
              "prices": {"gpt-unheard-of": {"input_cost_per_token": 0.0000025}},
            }
            """;

    private final FakeLedger ledger = new FakeLedger();
    private final InForce rules =
            InForce.of(requireNonNull(PolicyDocument.read(POLICY).policy()), NOON);
    private final Gate gate = new Gate(
            AdminEndpoints.all(
                    new FakePolicies(),
                    new FakeQuota(),
                    ledger,
                    new FakeCaptures(),
                    new FakeProviders(),
                    new FakeKeys(),
                    new FakeAudit(),
                    new FakeHooks(),
                    NOON,
                    kit.system(),
                    new FakeExporter(kit.system()).endpoints()),
            new Visitors(),
            () -> rules,
            new FakeAudit(),
            kit.system(),
            new Random(1));

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void explainsToACallerWhyTheyMay() throws IOException {
        var body = body(get("/api/access?model=gpt-4.1", "alice"));

        assertThat(body).isEqualTo(json.readTree("""
                {"caller": {"login": "alice", "node": "", "tags": [], "groups": [], "loopback": false, "self": true},
                 "note": null, "role": "user",
                 "role_grants": [{"grant": "grants[2]", "line": 14, "capability": 0, "capability_line": 15, "source": "alice",
                   "pattern": null, "state": "in_force", "starts": null, "expires": null}],
                 "grants": [
                   {"grant": "grants[2]", "line": 14, "source": "alice", "state": "in_force", "starts": null, "expires": null,
                    "capabilities": [{"capability": 0, "role": "user", "models": null, "quotas": []},
                      {"capability": 1, "role": null, "models": ["openai/gpt-4*"], "quotas": ["daily:<user>"]}]},
                   {"grant": "grants[3]", "line": 17, "source": "*", "state": "in_force", "starts": null, "expires": null,
                    "capabilities": [{"capability": 0, "role": null, "models": null, "quotas": ["daily:<user>", "gone"]}]}],
                 "model": "gpt-4.1", "allowed": true, "reason": null, "detail": null,
                 "upstreams": [{"provider": "openai", "model": "gpt-4.1", "allowed": true, "reason": null, "detail": null,
                   "decided_by": [{"grant": "grants[2]", "line": 14, "capability": 1, "capability_line": 16, "source": "alice",
                     "pattern": "openai/gpt-4*", "state": "in_force", "starts": null, "expires": null}],
                   "missed_by": [],
                   "buckets": [
                     {"bucket": "daily:alice", "defined": true, "brought_by": [
                       {"grant": "grants[2]", "line": 14, "capability": 1, "capability_line": 16, "source": "alice",
                        "pattern": "openai/gpt-4*", "state": "in_force", "starts": null, "expires": null},
                       {"grant": "grants[3]", "line": 17, "capability": 0, "capability_line": 17, "source": "*",
                        "pattern": null, "state": "in_force", "starts": null, "expires": null}]},
                     {"bucket": "gone", "defined": false, "brought_by": [
                       {"grant": "grants[3]", "line": 17, "capability": 0, "capability_line": 17, "source": "*",
                        "pattern": null, "state": "in_force", "starts": null, "expires": null}]}]}]}
                """));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "login=alice&model=gpt-4.1 | true | null",
                "login=alice&model=openai/gpt-4.1 | true | null",
                "login=alice&model=gpt-unheard-of | false | no_pattern",
                "login=alice&model=nothing | false | no_such_model",
                "login=alice&model=relic | false | provider_disabled",
                "login=carol&model=gpt-4.1 | false | no_role",
                "login=bob&model=claude-x | false | not_in_force",
                "tag=tag:prod&tag=tag:ci&model=claude-x | true | null",
                "login=carol&group=group:eng&model=anthropic/claude-x | true | null",
                "loopback=true&model=gpt-4.1 | false | no_role",
                "model=claude-x | true | null",
            })
    void explainsToAnAdministratorWhyAnybodyMayOrMayNot(String query, boolean allowed, String reason)
            throws IOException {
        var body = body(get("/api/access?" + query, "root"));

        assertThat(body.get("allowed").booleanValue()).isEqualTo(allowed);
        assertThat(body.get("reason").asText()).isEqualTo(reason);
    }

    @Test
    void namesTheGrantThatHasExpired() throws IOException {
        var body = body(get("/api/access?login=bob&model=claude-x", "root"));

        var missed = body.get("upstreams").get(0).get("missed_by").get(0);
        assertThat(missed.get("grant").textValue()).isEqualTo("grants[4]");
        assertThat(missed.get("pattern").textValue()).isEqualTo("anthropic/**");
        assertThat(missed.get("expires").textValue()).isEqualTo("2026-11-01T00:00:00Z");
        assertThat(missed.get("state").textValue()).isEqualTo("expired");
        assertThat(body.get("note").textValue()).contains("brings along");
    }

    @Test
    void liststheRoleAndTheGrantsWithoutAModel() throws IOException {
        var body = body(get("/api/access?login=bob", "root"));

        assertThat(body.get("role").textValue()).isEqualTo("user");
        assertThat(texts(body.get("grants"), "grant")).containsExactly("grants[2]", "grants[3]", "grants[4]");
        assertThat(body.get("allowed").isNull()).isTrue();
        assertThat(body.get("upstreams").isNull()).isTrue();
    }

    @Test
    void showsAnAdministratorWhereADisabledProviderWouldHaveIt() throws IOException {
        var upstreams =
                body(get("/api/access?login=alice&model=gpt-4.1", "root")).get("upstreams");

        assertThat(texts(upstreams, "provider")).containsExactly("openai", "old");
        assertThat(upstreams.get(1).get("reason").textValue()).isEqualTo("provider_disabled");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"login=bob", "loopback=true", "tag=tag:ci", "login=alice&group=group:eng", "login=alice&node=n"})
    void explainsNobodyElseToACaller(String query) {
        assertThat(get("/api/access?" + query, "alice").status().intValue()).isEqualTo(403);
    }

    @Test
    void takesACallersOwnLoginForThemselves() throws IOException {
        assertThat(body(get("/api/access?login=alice", "alice"))
                        .get("caller")
                        .get("self")
                        .booleanValue())
                .isTrue();
    }

    @Test
    void tellsACallerNothingOfModelsThatTheyMayNotUse() throws IOException {
        var there = body(get("/api/access?model=gpt-unheard-of", "alice"));
        var missing = body(get("/api/access?model=gpt-unheard", "alice"));
        var disabled = body(get("/api/access?model=relic", "alice"));

        assertThat(there.get("reason").textValue()).isEqualTo("not_granted");
        assertThat(there.toString().replace("unheard-of", "unheard")).isEqualTo(missing.toString());
        assertThat(disabled.toString().replace("relic", "gpt-unheard")).isEqualTo(missing.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "login=",
                "login=*",
                "login=(loopback)",
                "login=tag:ci",
                "login=a&tag=tag:ci",
                "login=a&loopback=true",
                "tag=ci",
                "tag=tag:",
                "group=group:eng",
                "login=a&group=eng",
                "node=n",
                "loopback=yes",
                "user=a",
                "login=a&login=b",
                "model=a&model=b"
            })
    void refusesACallerThatIsNotClear(String query) {
        assertThat(get("/api/access?" + query, "root").status().intValue()).isEqualTo(400);
    }

    @Test
    void listsTheProvidersThatACallerMayUse() throws IOException {
        var body = body(get("/api/providers", "alice"));

        assertThat(body).isEqualTo(json.readTree("""
                [{"id": "openai", "name": "OpenAI", "description": "Theirs", "models": ["gpt-4.1"],
                  "compatibility": {"anthropic_messages": false, "bedrock_converse": false, "bedrock_model_invoke": false,
                    "gemini_generate_content": false, "google_generate_content": false, "google_raw_predict": false,
                    "openai_chat": true, "openai_responses": true},
                  "preference": 2, "disabled": false, "auth_mode": "override", "requires_client_auth": false, "upstream": ""}]
                """));
    }

    @Test
    void showsAnAdministratorEveryProviderAndHowItDoes() throws IOException {
        var response = get("/api/providers", "root");
        var body = body(response);

        assertThat(texts(body, "id")).containsExactly("openai", "anthropic", "old");
        assertThat(body.toString()).doesNotContain("SECRET");
        assertThat(texts(body, "baseurl"))
                .containsExactly("https://api.openai.com", "https://api.anthropic.com", "http://old");
        assertThat(body.get(0).get("has_credential").booleanValue()).isTrue();
        assertThat(body.get(1).get("has_credential").booleanValue()).isFalse();
        assertThat(body.get(1).get("requires_client_auth").booleanValue()).isTrue();
        assertThat(body.get(2).get("disabled").booleanValue()).isTrue();
        assertThat(body.get(0).get("condition")).isEqualTo(json.readTree("""
                {"breaker": "open", "since": "2026-11-21T11:59:00Z", "consecutive_failures": 5, "last_failure": "2026-11-21T11:59:30Z",
                 "open_requests": 3, "max_open_requests": 100, "keys": 2, "resting_keys": 1}
                """));
    }

    @Test
    void listsTheModelsThatACallerMayUse() throws IOException {
        var body = body(get("/api/models", "alice"));

        assertThat(body).isEqualTo(json.readTree("""
                {"models": [{"id": "gpt-4.1", "provider": "openai",
                  "supported_endpoints": ["/v1/chat/completions", "/v1/responses"], "allowed": true,
                  "pricing": {"basis": "openai/gpt-4.1", "input": 2, "output": 8, "input_cache_read": 0.5,
                    "input_cache_write": null, "input_cache_write_1h": null, "web_search": null},
                  "context_window_tokens": 1047576, "max_output_tokens": 32768}]}
                """));
    }

    @Test
    void listsEveryModelToAnAdministratorWithWhatThePolicySaysOfItsPrice() throws IOException {
        var models = body(get("/api/models", "root")).get("models");

        assertThat(texts(models, "id")).containsExactly("gpt-4.1", "gpt-unheard-of");
        assertThat(models.get(1).get("pricing").get("input").decimalValue()).isEqualByComparingTo("2.5");
        assertThat(models.get(1).get("pricing").get("output").isNull()).isTrue();
        assertThat(models.get(1).get("context_window_tokens").isNull()).isTrue();
        assertThat(body(get("/api/models?provider=anthropic", "root")).get("models"))
                .isEmpty();
    }

    @Test
    void listsPricesOfTheTableAndOfThePolicy() throws IOException {
        var body = body(get("/aperture/pricing", "root"));

        assertThat(body.get("currency").textValue()).isEqualTo("USD");
        assertThat(body.get("units").get("input"))
                .isEqualTo(json.readTree("{\"basis\": \"token\", \"quantity\": 1000000}"));
        assertThat(body.get("units").get("web_search").get("quantity").intValue())
                .isOne();
        assertThat(body.get("cost_bases")).hasSize(13);
        assertThat(body.get("models").size()).isGreaterThan(500);
        assertThat(body.at("/models/gpt-4.1/cost_bases/openai/effective_pricing/output")
                        .intValue())
                .isEqualTo(8);
        assertThat(body.at("/models/gpt-4.1/cost_bases/openai/modes/priority").isObject())
                .isTrue();
        assertThat(body.at("/models/gpt-unheard-of/cost_bases/openai")).isEqualTo(json.readTree("""
                {"source": "policy", "resolved_model": "gpt-unheard-of", "resolver_adjustment": 1,
                 "effective_pricing": {"input": 2.5, "web_search": 0.01}}
                """));
        assertThat(body.get("configured_adjustments")).isEqualTo(json.readTree("""
                {"providers": {
                  "anthropic": {"cost_basis": "anthropic", "cost_basis_source": "inferred", "model_cost_map": []},
                  "old": {"cost_basis": "openai", "cost_basis_source": "inferred", "model_cost_map": []},
                  "openai": {"cost_basis": "openai", "cost_basis_source": "inferred", "model_cost_map": []}}}
                """));
    }

    @Test
    void letsOnlyThoseReadPricesWhoAreGrantedIt() {
        assertThat(get("/aperture/pricing", "meter").status().intValue()).isEqualTo(200);
        assertThat(get("/aperture/pricing/gpt-4.1", "meter").status().intValue())
                .isEqualTo(200);
        var refused = get("/aperture/pricing", "alice");
        assertThat(refused.status().intValue()).isEqualTo(403);
        assertThat(refused.entity().getContentType()).hasToString("application/problem+json");
        assertThat(get("/aperture/pricing/gpt-4.1", "alice").status().intValue())
                .isEqualTo(403);
    }

    @Test
    void listsThePricesOfOneModelOrOfOneProvider() throws IOException {
        var one = body(get("/aperture/pricing/gpt-4.1", "root")).get("models");
        var slash = body(get("/aperture/pricing/anthropic%2Fclaude-opus-4.5", "root"))
                .get("models");
        var none = body(get("/aperture/pricing/never-heard", "root"));
        var theirs = body(get("/aperture/pricing?provider=anthropic", "root"));

        assertThat(one.fieldNames()).toIterable().containsExactly("gpt-4.1");
        assertThat(slash.at("/anthropic~1claude-opus-4.5/cost_bases").fieldNames())
                .toIterable()
                .containsExactly("openrouter", "vercel");
        assertThat(body(get("/aperture/pricing/anthropic/claude-opus-4.5", "root"))
                        .get("models"))
                .isEqualTo(slash);
        assertThat(none.get("models")).isEmpty();
        assertThat(theirs.get("models").findValues("cost_bases"))
                .isNotEmpty()
                .allMatch(it -> it.size() == 1 && it.has("anthropic"));
        assertThat(theirs.at("/configured_adjustments/providers").fieldNames())
                .toIterable()
                .containsExactly("anthropic");
        assertThat(get("/aperture/pricing?provider=nobody", "root").status().intValue())
                .isEqualTo(404);
        assertThat(get("/aperture/pricing?page=1", "root").status().intValue()).isEqualTo(400);
    }

    @Test
    void sendsThePricesOnceAndCompressedToThoseWhoTakeThat() throws IOException {
        var plain = get("/aperture/pricing", "root");
        var zipped = get("/aperture/pricing", "root", RawHeader.create("Accept-Encoding", "br, gzip;q=0.5"));
        var tag = header(plain, "ETag");

        assertThat(tag).matches("\"[0-9a-f]{32}\"");
        assertThat(header(zipped, "ETag")).isNotEqualTo(tag);
        assertThat(header(zipped, "Content-Encoding")).isEqualTo("gzip");
        assertThat(header(plain, "Vary")).isEqualTo("Accept-Encoding");
        try (var inflated = new GZIPInputStream(new ByteArrayInputStream(bytes(zipped)))) {
            assertThat(inflated.readAllBytes()).isEqualTo(bytes(plain));
        }
        assertThat(bytes(zipped).length).isLessThan(100_000);
        assertThat(header(get("/aperture/pricing", "root", RawHeader.create("Accept-Encoding", "gzip;q=0")), "ETag"))
                .isEqualTo(tag);
        for (var known : List.of(tag, "W/" + tag, "\"x\", " + header(zipped, "ETag"), "*")) {
            var again = get("/aperture/pricing", "root", RawHeader.create("If-None-Match", known));
            assertThat(again.status().intValue()).as(known).isEqualTo(304);
            assertThat(header(again, "ETag")).isEqualTo(tag);
            assertThat(bytes(again)).isEmpty();
        }
        assertThat(get("/aperture/pricing", "root", RawHeader.create("If-None-Match", "\"x\""))
                        .status()
                        .intValue())
                .isEqualTo(200);
    }

    @Test
    void listsWhoUsedTheGatewayToAnAdministratorPageByPage() throws IOException {
        var first = body(get("/api/users?limit=1", "root"));
        var second = body(get("/api/users?limit=1&after=alice", "root"));

        assertThat(first).isEqualTo(json.readTree("""
                {"users": [{"login": "alice", "first": "2026-11-21T12:00:00Z", "last": "2026-11-21T12:01:00Z", "sessions": 1,
                  "exchanges": 2, "input_tokens": 100, "cached_input_tokens": 20, "output_tokens": 30, "cost": "$0.00125",
                  "cost_nanos": 1250000, "unpriced": 1}], "next_after": "alice"}
                """));
        assertThat(texts(second.get("users"), "login")).containsExactly("bob");
        assertThat(second.get("next_after").isNull()).isTrue();
    }

    @Test
    void showsOthersThemselvesOnly() throws IOException {
        assertThat(texts(body(get("/api/users", "bob")).get("users"), "login")).containsExactly("bob");
        assertThat(ledger.asked).containsExactly(new FakeLedger.Asked("bob", 101, null));
        assertThat(get("/api/users?login=alice", "bob").status().intValue()).isEqualTo(400);
    }

    private static String header(HttpResponse response, String name) {
        return response.getHeader(name).orElseThrow().value();
    }

    private static byte[] bytes(HttpResponse response) {
        return ((HttpEntity.Strict) response.entity()).getData().toArray();
    }

    private static List<String> texts(JsonNode array, String field) {
        return StreamSupport.stream(array.spliterator(), false)
                .map(it -> it.get(field).textValue())
                .toList();
    }

    private HttpResponse get(String uri, String visitor, HttpHeader... headers) {
        return gate.handle(
                        Visitors.PEER,
                        HttpRequest.GET(uri)
                                .addHeaders(List.of(headers))
                                .addHeader(RawHeader.create(Visitors.HEADER, visitor)))
                .toCompletableFuture()
                .join();
    }

    private static JsonNode body(HttpResponse response) throws IOException {
        assertThat(response.status().intValue()).isEqualTo(200);
        return json.readTree(bytes(response));
    }
}

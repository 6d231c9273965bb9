package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.access.Access;
import dev.sluice.access.Explanation;
import dev.sluice.access.Permit;
import dev.sluice.access.Role;
import dev.sluice.admin.FakeLedger.Asked;
import dev.sluice.admin.FakeQuota.Refill;
import dev.sluice.config.PolicySchema;
import dev.sluice.config.ProviderRule;
import dev.sluice.config.QuotaRule;
import dev.sluice.config.Secret;
import dev.sluice.export.FakeExporter;
import dev.sluice.gate.FakeAudit;
import dev.sluice.gate.Gate;
import dev.sluice.gate.Visitors;
import dev.sluice.identity.Caller;
import dev.sluice.routing.Router;
import dev.sluice.routing.Upstream;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.RequestEntity;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The control plane through its gate. */
class AdminEndpointsTest {
    private static final ActorTestKit kit = ActorTestKit.create();
    private static final ObjectMapper json = new ObjectMapper();
    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");

    private final FakeQuota quota = new FakeQuota();
    private final FakeLedger ledger = new FakeLedger();
    private final FakeAudit audit = new FakeAudit();
    private final FakeKeys keys = new FakeKeys();
    private final Gate gate = new Gate(
            AdminEndpoints.all(
                    new FakePolicies(),
                    quota,
                    ledger,
                    new FakeCaptures(),
                    new FakeProviders(),
                    keys,
                    audit,
                    new FakeHooks(),
                    InstantSource.fixed(NOON),
                    kit.system(),
                    new FakeExporter(kit.system()).endpoints()),
            new Visitors(),
            () -> Visitors.under(new TwoBuckets(), new OneModel()),
            audit,
            kit.system(),
            new Random(1));

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void showsACallerTheBucketsTheyAreChargedTo() throws IOException {
        var body = body(get("/api/quotas", "alice"));

        assertThat(body.findValuesAsText("bucket")).containsExactly("daily:alice", "team");
        assertThat(body.get("buckets").get(0)).isEqualTo(json.readTree("""
                        {"bucket": "daily:alice", "balance": "$7.25", "balance_nanos": 7250000000, "reserved_nanos": 250000000,
                         "available_nanos": 7000000000, "capacity": "$10.00", "capacity_nanos": 10000000000,
                         "spent": "$5.00", "spent_nanos": 5000000000, "rate": "$5.00/day", "updated_at": "2026-11-21T12:00:00Z"}
                        """));
    }

    @Test
    void showsABucketThatNothingWasChargedToAsFull() throws IOException {
        var team = body(get("/api/quotas", "alice")).get("buckets").get(1);

        assertThat(team.get("balance").textValue()).isEqualTo("$100.00");
        assertThat(team.get("updated_at").textValue()).isEqualTo("2026-11-21T12:00:00Z");
    }

    @Test
    void showsAnAdministratorEveryBucket() throws IOException {
        var body = body(get("/api/quotas", "root"));

        assertThat(body.findValuesAsText("bucket")).containsExactly("daily:alice", "daily:bob", "daily:root", "team");
        assertThat(body.get("buckets").get(1).get("balance").textValue()).isEqualTo("-$1.50");
    }

    @Test
    void refillsABucket() throws IOException {
        var response = refill("root", "{\"bucket\":\"daily:bob\",\"amount\":\"$5.00\"}");

        assertThat(response.status().intValue()).isEqualTo(200);
        assertThat(body(response).get("balance").textValue()).isEqualTo("$5.00");
        assertThat(quota.refills).containsExactly(new Refill("daily:bob", 5_000_000_000L));
    }

    @Test
    void knowsNoSuchBucket() throws IOException {
        var response = refill("root", "{\"bucket\":\"nothing\",\"amount\":\"$5.00\"}");

        assertThat(response.status().intValue()).isEqualTo(404);
        assertThat(body(response).get("error").textValue()).isEqualTo("no bucket \"nothing\"");
    }

    @Test
    void letsNobodyButAnAdministratorRefill() {
        var response = refill("alice", "{\"bucket\":\"daily:alice\",\"amount\":\"$5.00\"}");

        assertThat(response.status().intValue()).isEqualTo(403);
        assertThat(quota.refills).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`` | not a JSON object",
                "nonsense | not JSON",
                "[] | not a JSON object",
                "{\"bucket\":\"b\"} | amount: nothing (expected: a string)",
                "{\"bucket\":\"b\",\"amount\":5} | amount: 5 (expected: a string)",
                "{\"bucket\":null,\"amount\":\"$5\"} | bucket: null (expected: a string)",
                "{\"bucket\":\"b\",\"amount\":\"$5\",\"more\":1} | unknown field \"more\" (expected: bucket, amount)",
                "{\"bucket\":\"b\",\"amount\":\"$5\",\"amount\":\"$6\"} | Duplicate field 'amount'",
                "{\"bucket\":\"b\",\"amount\":\"$5\"} {} | not JSON",
                "{\"bucket\":\"b\",\"amount\":\"$0.00\"} | amount: \"$0.00\" (expected: dollars above zero",
                "{\"bucket\":\"b\",\"amount\":\"-$1\"} | amount: \"-$1\" (expected: dollars above zero",
                "{\"bucket\":\"b\",\"amount\":\"$1e9\"} | amount: \"$1e9\" (expected: dollars above zero",
                "{\"bucket\":\"b\",\"amount\":\"9999999999\"} | amount: \"9999999999\" (expected: dollars above zero",
                "{\"bucket\":\"b\",\"amount\":\"$0.0000000001\"} | amount: \"$0.0000000001\" (expected: dollars above zero"
            })
    void saysWhatIsWrongWithARefill(String request, String complaint) throws IOException {
        var response = refill("root", request);

        assertThat(response.status().intValue()).isEqualTo(400);
        assertThat(body(response).get("error").textValue()).contains(complaint);
        assertThat(quota.refills).isEmpty();
    }

    @Test
    void refillsByNanodollars() {
        refill("root", "{\"bucket\":\"daily:bob\",\"amount\":\"0.000000001\"}");

        assertThat(quota.refills).containsExactly(new Refill("daily:bob", 1));
    }

    @Test
    void readsABodyThatComesInPieces() {
        var body = HttpEntities.createChunked(
                ContentTypes.APPLICATION_JSON,
                Source.from(List.of("{\"bucket\":", "\"daily:bob\",", "\"amount\":\"$5\"}"))
                        .map(ByteString::fromString));

        var response = refill("root", body);

        assertThat(response.status().intValue()).isEqualTo(200);
    }

    @Test
    void refusesABodyThatIsTooLargeHoweverItComes() {
        var large = "x".repeat(Body.MAX_BYTES + 1);
        var chunked =
                HttpEntities.createChunked(ContentTypes.APPLICATION_JSON, Source.single(ByteString.fromString(large)));

        assertThat(refill("root", large).status().intValue()).isEqualTo(413);
        assertThat(refill("root", chunked).status().intValue()).isEqualTo(413);
    }

    @Test
    void refusesABodyThatAnotherSitesPageCouldSend() {
        var body = HttpEntities.create(ContentTypes.TEXT_PLAIN_UTF8, "{\"bucket\":\"daily:bob\",\"amount\":\"$5.00\"}");

        assertThat(refill("root", body).status().intValue()).isEqualTo(415);
        assertThat(quota.refills).isEmpty();
    }

    @Test
    void listsACallersOwnSessions() throws IOException {
        var body = body(get("/api/sessions?limit=1&before=2026-11-21T13:00:00Z", "alice"));

        assertThat(ledger.asked).containsExactly(new Asked("alice", 1, Instant.parse("2026-11-21T13:00:00Z")));
        assertThat(body).isEqualTo(json.readTree("""
                        {"sessions": [{"session": "anme_00000000000000aa", "login": "alice", "format": "anthropic_messages",
                          "first": "2026-11-21T12:00:00Z", "last": "2026-11-21T12:01:00Z", "exchanges": 2, "input_tokens": 100,
                          "cached_input_tokens": 20, "output_tokens": 30, "cost": "$0.00125", "cost_nanos": 1250000,
                          "unpriced": 1}], "next_before": "2026-11-21T12:01:00Z"}
                        """));
    }

    @Test
    void listsEverybodysSessionsToAnAdministrator() throws IOException {
        var body = body(get("/api/sessions", "root"));

        assertThat(ledger.asked).containsExactly(new Asked(null, 50, null));
        assertThat(body.get("next_before").isNull()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "limit=0",
                "limit=501",
                "limit=-1",
                "limit=x",
                "limit=",
                "limit=1&limit=2",
                "before=noon",
                "login=alice",
                "limit=1=2",
                "a=%C3%28"
            })
    void refusesAQueryItDoesNotUnderstand(String query) {
        assertThat(get("/api/sessions?" + query, "alice").status().intValue()).isEqualTo(400);
        assertThat(ledger.asked).isEmpty();
    }

    @Test
    void showsASessionWithItsExchanges() throws IOException {
        var body = body(get("/api/sessions/" + FakeLedger.SESSION, "alice"));

        assertThat(body.get("session").get("exchanges").intValue()).isEqualTo(2);
        assertThat(body.get("exchanges").get(0)).isEqualTo(json.readTree("""
                        {"request_id": "r1", "started": "2026-11-21T12:00:00Z", "login": "alice", "node": "n1", "tags": [],
                         "provider": "anthropic", "model": "claude", "answered_model": "claude-1",
                         "format": "anthropic_messages", "method": "POST", "path": "/v1/messages", "status": 200,
                         "user_agent": "agent/1.0", "stream": true, "first_byte_millis": 120, "duration_millis": 2500,
                         "usage": {"input_tokens": 100, "cached_input_tokens": 20, "cache_write_5m_tokens": 1,
                           "cache_write_1h_tokens": 2, "output_tokens": 30, "reasoning_tokens": 10, "web_searches": 0},
                         "estimated": false, "cost": "$0.00125", "cost_nanos": 1250000, "price_basis": "anthropic/claude",
                         "tools": [{"name": "read_file", "id": "t1"}], "finish_reason": "tool_use", "outcome": "completed",
                         "refusal": null, "bytes_in": 900, "bytes_out": 4200, "buckets": ["daily:alice"],
                         "response_id": "msg_1", "attempts": null}
                        """));
    }

    @Test
    void showsAnUnknownCostAsUnknown() throws IOException {
        var refused = body(get("/api/sessions/" + FakeLedger.SESSION, "root"))
                .get("exchanges")
                .get(1);

        assertThat(refused.get("cost").isNull()).isTrue();
        assertThat(refused.get("cost_nanos").isNull()).isTrue();
        assertThat(refused.get("usage").isNull()).isTrue();
        assertThat(refused.get("first_byte_millis").isNull()).isTrue();
        assertThat(refused.get("outcome").textValue()).isEqualTo("refused");
    }

    @Test
    void answersForSomebodyElsesSessionAsIfThereWereNone() throws IOException {
        var foreign = get("/api/sessions/" + FakeLedger.SESSION, "bob");
        var missing = get("/api/sessions/anme_00000000000000bb", "bob");

        assertThat(foreign.status()).isEqualTo(missing.status());
        assertThat(foreign.status().intValue()).isEqualTo(404);
        assertThat(body(foreign).get("error").textValue()).isEqualTo("no session \"anme_00000000000000aa\"");
    }

    @Test
    void servesThePolicysSchemaToWhoeverHasARole() throws IOException {
        var response = get("/aperture/config.schema.json", "alice");

        assertThat(response.status().intValue()).isEqualTo(200);
        assertThat(response.entity().getContentType()).hasToString("application/schema+json");
        assertThat(body(response)).isEqualTo(json.readTree(PolicySchema.text()));
        assertThat(get("/aperture/config.schema.json", "nobody").status().intValue())
                .isEqualTo(403);
    }

    @Test
    void tellsACallerWhoTheyAre() throws IOException {
        assertThat(body(get("/api/whoami", "alice"))).isEqualTo(json.readTree("""
                        {"login": "alice", "display_name": "alice", "node": "", "tags": [], "groups": [], "role": "user", "models": 2,
                         "buckets": ["daily:alice", "team", "undefined"]}
                        """));
        assertThat(body(get("/api/whoami", "root")).get("role").textValue()).isEqualTo("admin");
    }

    @Test
    void showsAdministratorsWhatTheyDid() throws IOException {
        refill("root", "{\"bucket\":\"daily:bob\",\"amount\":\"$5.00\"}");
        refill("alice", "{}");

        var actions = body(get("/api/audit", "root")).get("actions");
        assertThat(actions.get(1)).isEqualTo(json.readTree("""
                        {"id": "a1", "at": "2026-11-21T12:00:00Z", "login": "root", "node": "", "tags": [], "method": "POST",
                         "path": "/api/quotas/refill", "status": 200, "outcome": "done",
                         "notes": {"bucket": "daily:bob", "amount": "$5.00"}}
                        """));
        assertThat(actions.get(0).get("outcome").textValue()).isEqualTo("denied");
        assertThat(get("/api/audit", "alice").status().intValue()).isEqualTo(403);
    }

    @ParameterizedTest
    @ValueSource(strings = {"before=0", "before=-1", "before=x", "before=", "before=9999999999999999999", "limit=501"})
    void refusesACursorThatNoPageGave(String query) {
        assertThat(get("/api/audit?" + query, "root").status().intValue()).isEqualTo(400);
    }

    private HttpResponse get(String uri, String visitor) {
        return ask(HttpRequest.GET(uri), visitor);
    }

    private HttpResponse refill(String visitor, String body) {
        return refill(visitor, HttpEntities.create(ContentTypes.APPLICATION_JSON, body));
    }

    private HttpResponse refill(String visitor, RequestEntity body) {
        return ask(HttpRequest.POST("/api/quotas/refill").withEntity(body), visitor);
    }

    private HttpResponse ask(HttpRequest request, String visitor) {
        return gate.handle(Visitors.PEER, request.addHeader(RawHeader.create(Visitors.HEADER, visitor)))
                .toCompletableFuture()
                .join();
    }

    private static JsonNode body(HttpResponse response) throws IOException {
        return json.readTree(((HttpEntity.Strict) response.entity()).getData().toArray());
    }

    /** Charges everybody to a bucket of their own and to the team's. */
    static final class TwoBuckets implements Access {
        @Override
        public Role role(Caller caller) {
            return new Visitors().role(caller);
        }

        @Override
        public Optional<Permit> permit(Caller caller, String provider, String model) {
            return Optional.of(new Permit(
                    caller,
                    provider,
                    model,
                    List.of(
                            new Permit.Bucket("daily:" + caller.login(), rule("daily:<user>", 10_000_000_000L)),
                            new Permit.Bucket("team", rule("team", 100_000_000_000L)),
                            new Permit.Bucket("undefined", null)),
                    List.of()));
        }

        @Override
        public boolean readsPricing(Caller caller) {
            return false;
        }

        @Override
        public boolean readsMetrics(Caller caller) {
            return false;
        }

        @Override
        public Explanation explain(Caller caller) {
            return new Visitors().explain(caller);
        }

        private static QuotaRule rule(String name, long capacityNanos) {
            return new QuotaRule(name, capacityNanos, 5_000_000_000L, Duration.ofDays(1), "$5.00/day", false);
        }
    }

    /** Offers a model twice. */
    static final class OneModel implements Router {
        @Override
        public List<Upstream> upstreams(String requested) {
            return List.of();
        }

        @Override
        public List<Upstream> fallbacks(Upstream upstream) {
            return List.of();
        }

        @Override
        public List<Upstream> all() {
            return List.of(new Upstream(PROVIDER, "claude"), new Upstream(PROVIDER, "claude-2"));
        }

        private static final ProviderRule PROVIDER = new ProviderRule(
                "anthropic",
                "http://localhost",
                List.of("claude", "claude-2"),
                Secret.of(""),
                ProviderRule.Authorization.BEARER,
                "",
                "",
                Set.of(),
                null,
                List.of(),
                List.of(),
                0,
                false);
    }
}

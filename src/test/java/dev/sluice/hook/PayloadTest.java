package dev.sluice.hook;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.access.Permit;
import dev.sluice.config.GrantRule.HookDatum;
import dev.sluice.hook.Hooks.Subject;
import dev.sluice.identity.Caller;
import dev.sluice.quota.Quota;
import dev.sluice.wire.ToolCall;
import dev.sluice.wire.Usage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PayloadTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Subject SUBJECT = new Subject(
            "alice@example.com", "n123", "curl/8.0", "/v1/messages", "anthropic", "claude", "req_1", "anme_1");

    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record Said(byte[] request, byte[] answer, List<String> events) implements Payload.Spoken {
        static Said of(String request, String answer, String... events) {
            return new Said(
                    request.getBytes(StandardCharsets.UTF_8), answer.getBytes(StandardCharsets.UTF_8), List.of(events));
        }

        @Override
        public @Nullable String userMessage() {
            return request.length == 0 ? null : "Hi.";
        }
    }

    private static Payload payload(Payload.Spoken said, List<ToolCall> tools, Payload.@Nullable Cost cost) {
        var caller = new Caller("alice@example.com", "Alice", "n123", List.of(), List.of(), false, List.of());
        var permit = new Permit(
                caller,
                "anthropic",
                "claude",
                List.of(),
                List.of(),
                List.of(),
                Map.of("example.com/cap/policy", List.of(Map.of("tier", "gold"))));
        var quotas = List.of(new Quota.Status(
                "daily:alice", 7_250_000_000L, 0, 7_250_000_000L, 10_000_000_000L, 1, "$5.00/day", Instant.EPOCH));
        return new Payload(SUBJECT, "example.com", permit, said, tools, cost, quotas);
    }

    private static JsonNode sent(Payload payload, Set<HookDatum> send) throws IOException {
        return JSON.readTree(payload.bytes(send));
    }

    private static Set<String> names(JsonNode node) {
        var names = new LinkedHashSet<String>();
        node.fieldNames().forEachRemaining(names::add);
        return names;
    }

    @Test
    void isAsDocumented() throws IOException {
        var usage = new Usage(1_000, 200, 250, 50, 800, 0, 0, 0, 0, 0, 3);
        var payload = payload(
                Said.of("{\"model\": \"claude\"}", "{\"id\": 1}", "{\"a\":1}", "[DONE]"),
                List.of(
                        new ToolCall("t1", "look", "{\"at\": [1]}", true),
                        new ToolCall("t2", "none", "", true),
                        new ToolCall("t3", "say", "{\"cut", true),
                        new ToolCall(null, "free", "{}", false)),
                new Payload.Cost(34_200_000L, "anthropic/claude", usage));

        assertThat(sent(payload, EnumSet.allOf(HookDatum.class))).isEqualTo(JSON.readTree("""
                {
                  "metadata": {
                    "login_name": "alice@example.com", "user_agent": "curl/8.0", "url": "/v1/messages",
                    "model": "claude", "provider": "anthropic", "tailnet_name": "example.com",
                    "stable_node_id": "n123", "request_id": "req_1", "session_id": "anme_1",
                    "estimated_cost": {
                      "dollars": 0.0342, "cost_basis": "anthropic/claude",
                      "usage": {
                        "input_tokens": 1500, "output_tokens": 800, "cached_tokens": 200,
                        "cache_creation_input_tokens": 300, "cache_creation_5m_input_tokens": 250,
                        "cache_creation_1h_input_tokens": 50, "web_search_count": 3
                      }
                    },
                    "grants": { "example.com/cap/policy": [{ "tier": "gold" }] },
                    "quotas": { "daily:alice": { "current": 7250000000, "capacity": 10000000000, "rate": "$5.00/day" } }
                  },
                  "tool_calls": [
                    { "name": "look", "params": { "at": [1] } }, { "name": "none", "params": {} },
                    { "name": "say", "params": "{\\"cut" }, { "name": "free", "params": "{}" }
                  ],
                  "request_body": { "model": "claude" },
                  "user_message": "Hi.",
                  "response_body": { "id": 1 },
                  "raw_responses": [{ "a": 1 }, "[DONE]"]
                }
                """));
    }

    /** Nothing is sent that nobody asked for, and what was asked for and is not there is shown as not there. */
    @ParameterizedTest
    @EnumSource
    void hasWhatItIsToSendAndNothingElse(HookDatum datum) throws IOException {
        var nothing = payload(Said.of("", ""), List.of(), null);

        var sent = sent(nothing, Set.of(datum));

        var inMetadata = Map.of(
                HookDatum.ESTIMATED_COST, "estimated_cost", HookDatum.GRANTS, "grants", HookDatum.QUOTAS, "quotas");
        var always = sent(nothing, Set.of());
        assertThat(names(always)).containsExactly("metadata");
        assertThat(names(always.path("metadata"))).hasSize(9);
        if (inMetadata.containsKey(datum)) {
            assertThat(names(sent)).containsExactly("metadata");
            assertThat(names(sent.path("metadata"))).hasSize(10).contains(inMetadata.get(datum));
        } else {
            assertThat(names(sent)).hasSize(2);
            assertThat(names(sent.path("metadata"))).hasSize(9);
        }
    }

    @Test
    void anUnknownPriceIsUnknownAndNotNothing() throws IOException {
        var payload = payload(Said.of("", ""), List.of(), new Payload.Cost(null, null, Usage.ofText(5, 0)));

        var cost =
                sent(payload, Set.of(HookDatum.ESTIMATED_COST)).path("metadata").path("estimated_cost");

        assertThat(cost.path("dollars").isNull()).isTrue();
        assertThat(cost.path("usage").toString()).isEqualTo("{\"input_tokens\":5}");
    }

    @Test
    void aDollarIsExact() throws IOException {
        for (var nanos : List.of(0L, 1L, 10_000_000_000L, 123_456_789_012L)) {
            var payload = payload(Said.of("", ""), List.of(), new Payload.Cost(nanos, "b", null));
            var text = new String(payload.bytes(Set.of(HookDatum.ESTIMATED_COST)), StandardCharsets.UTF_8);
            assertThat(text)
                    .contains("\"dollars\":"
                            + new java.math.BigDecimal(nanos)
                                    .movePointLeft(9)
                                    .stripTrailingZeros()
                                    .toPlainString()
                            + ",");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "{} {}", "}, \"x\": {", "--form\r\n", "\uFEFF{}", "{\"a\": NaN}", ""})
    void whatIsNoJsonCannotBreakOut(String body) throws IOException {
        var payload = payload(Said.of(body, body, body), List.of(), null);

        var sent = sent(payload, Set.of(HookDatum.REQUEST_BODY, HookDatum.RESPONSE_BODY, HookDatum.RAW_RESPONSES));

        assertThat(names(sent)).containsExactlyInAnyOrder("metadata", "request_body", "response_body", "raw_responses");
        assertThat(sent.path("request_body").isNull()).isTrue();
        assertThat(sent.path("raw_responses").path(0).asText()).isEqualTo(body);
    }

    @Test
    void bodiesPassByteForByte() {
        var body = "{ \"n\" : 1.50, \"big\": 12345678901234567890123, \"t\":\"\\u00e4ä\" , \"a\":1,\"a\":2}";

        assertThat(new String(
                        payload(Said.of(body, ""), List.of(), null).bytes(Set.of(HookDatum.REQUEST_BODY)),
                        StandardCharsets.UTF_8))
                .endsWith(",\"request_body\":" + body + "}");
    }
}

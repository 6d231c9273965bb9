package dev.sluice.hook;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.access.Permit;
import dev.sluice.config.GrantRule.HookDatum;
import dev.sluice.hook.Hooks.Subject;
import dev.sluice.quota.Quota;
import dev.sluice.wire.ToolCall;
import dev.sluice.wire.Usage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The JSON that a hook is sent. What it is sent and there is none of is null or empty, never left out: an auditor can tell what was
 * lost from what nobody asked for.
 *
 * @param tailnet that the node is in
 * @param spoken what the request and its answer said
 * @param tools  that the answer calls
 * @param cost   null before a request of which nobody knows what it may cost
 * @param quotas those that pay for it, as they are now
 */
record Payload(
        Subject subject,
        String tailnet,
        Permit permit,
        Spoken spoken,
        List<ToolCall> tools,
        @Nullable Cost cost,
        List<Quota.Status> quotas) {
    /** Larger bodies are not sent on. */
    static final int MAX_BODY = 50 << 20;

    /** What nothing of may be on disk where nothing is kept. */
    static final Set<HookDatum> CONTENT = Set.of(
            HookDatum.TOOLS,
            HookDatum.REQUEST_BODY,
            HookDatum.USER_MESSAGE,
            HookDatum.RESPONSE_BODY,
            HookDatum.RAW_RESPONSES);

    private static final ObjectMapper MAPPER = new ObjectMapper(JsonBytes.FACTORY);

    /** What was said. Costly to tell, so it is asked for what a hook is sent and nothing else. */
    interface Spoken {
        byte[] request();

        @Nullable
        String userMessage();

        /** JSON; empty for none. */
        byte[] answer();

        List<String> events();
    }

    /** @param nanos null when the price is unknown: a hook that is told 0 would take it for free */
    record Cost(
            @Nullable Long nanos,
            @Nullable String basis,
            @Nullable Usage usage) {}

    byte[] bytes(Set<HookDatum> send) {
        var out = new ByteArrayOutputStream(1024);
        try (var json = MAPPER.createGenerator(out)) {
            json.writeStartObject();
            json.writeFieldName("metadata");
            metadata(json, send);
            if (send.contains(HookDatum.TOOLS)) {
                tools(json, out);
            }
            if (send.contains(HookDatum.REQUEST_BODY)) {
                json.writeFieldName("request_body");
                JsonBytes.write(json, out, spoken.request(), MAX_BODY);
            }
            if (send.contains(HookDatum.USER_MESSAGE)) {
                json.writeStringField("user_message", spoken.userMessage());
            }
            if (send.contains(HookDatum.RESPONSE_BODY)) {
                json.writeFieldName("response_body");
                JsonBytes.write(json, out, spoken.answer(), MAX_BODY);
            }
            if (send.contains(HookDatum.RAW_RESPONSES)) {
                json.writeArrayFieldStart("raw_responses");
                for (var event : spoken.events()) {
                    JsonBytes.writeText(json, out, event);
                }
                json.writeEndArray();
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private void metadata(JsonGenerator json, Set<HookDatum> send) throws IOException {
        json.writeStartObject();
        json.writeStringField("login_name", subject.login());
        json.writeStringField("user_agent", subject.userAgent());
        json.writeStringField("url", subject.path());
        json.writeStringField("model", subject.model());
        json.writeStringField("provider", subject.provider());
        json.writeStringField("tailnet_name", tailnet);
        json.writeStringField("stable_node_id", subject.node());
        json.writeStringField("request_id", subject.requestId());
        json.writeStringField("session_id", subject.session());
        if (send.contains(HookDatum.ESTIMATED_COST)) {
            estimatedCost(json);
        }
        if (send.contains(HookDatum.GRANTS)) {
            json.writeFieldName("grants");
            MAPPER.writeValue(json, permit.custom());
        }
        if (send.contains(HookDatum.QUOTAS)) {
            quotas(json);
        }
        json.writeEndObject();
    }

    private void estimatedCost(JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("estimated_cost");
        var nanos = cost == null ? null : cost.nanos();
        if (nanos == null) {
            json.writeNullField("dollars");
        } else {
            json.writeFieldName("dollars");
            json.writeNumber(BigDecimal.valueOf(nanos, 9).stripTrailingZeros().toPlainString());
        }
        json.writeStringField("cost_basis", cost == null ? null : cost.basis());
        json.writeObjectFieldStart("usage");
        if (cost != null && cost.usage() != null) {
            usage(json, cost.usage());
        }
        json.writeEndObject();
        json.writeEndObject();
    }

    /** Prompt tokens of all kinds are input, as the documented example counts them; the others say which of them they are. */
    private static void usage(JsonGenerator json, Usage usage) throws IOException {
        var writes = usage.cacheWrite5mTokens() + usage.cacheWrite1hTokens();
        unlessNone(json, "input_tokens", usage.promptTokens());
        unlessNone(json, "output_tokens", usage.outputTokens());
        unlessNone(json, "cached_tokens", usage.cachedInputTokens());
        unlessNone(json, "reasoning_tokens", usage.reasoningTokens());
        unlessNone(json, "cache_creation_input_tokens", writes);
        unlessNone(json, "cache_creation_5m_input_tokens", usage.cacheWrite5mTokens());
        unlessNone(json, "cache_creation_1h_input_tokens", usage.cacheWrite1hTokens());
        unlessNone(json, "image_input_tokens", usage.inputImageTokens());
        unlessNone(json, "image_output_tokens", usage.outputImageTokens());
        unlessNone(json, "web_search_count", usage.webSearches());
    }

    private static void unlessNone(JsonGenerator json, String name, long number) throws IOException {
        if (number != 0) {
            json.writeNumberField(name, number);
        }
    }

    private void quotas(JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("quotas");
        for (var quota : quotas) {
            json.writeObjectFieldStart(quota.bucket());
            json.writeNumberField("current", quota.balanceNanos());
            json.writeNumberField("capacity", quota.capacityNanos());
            json.writeStringField("rate", quota.rate());
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    private void tools(JsonGenerator json, ByteArrayOutputStream out) throws IOException {
        json.writeArrayFieldStart("tool_calls");
        for (var tool : tools) {
            json.writeStartObject();
            json.writeStringField("name", tool.name());
            json.writeFieldName("params");
            if (!tool.json()) {
                json.writeString(tool.arguments());
            } else if (tool.arguments().isEmpty()) {
                MAPPER.writeValue(json, Map.of());
            } else {
                JsonBytes.writeText(json, out, tool.arguments());
            }
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}

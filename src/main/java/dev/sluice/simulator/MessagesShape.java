package dev.sluice.simulator;

import static dev.sluice.simulator.Shape.event;
import static dev.sluice.simulator.Shape.object;
import static dev.sluice.simulator.Shape.utf8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.simulator.Plan.Finish;
import dev.sluice.simulator.Script.Cue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/** Anthropic Messages: named events, content in blocks, usage at the start and cumulative at the end. */
final class MessagesShape implements Shape {
    private static final String SIGNATURE = "EqQBCgIYAhIMc2ltdWxhdGVkU2lnbmF0dXJl";

    @Override
    public String limitAt() {
        return "/max_tokens";
    }

    @Override
    public ObjectNode whole(Plan plan, String text) {
        var message = envelope(plan);
        var content = message.putArray("content");
        if (thinks(plan)) {
            content.addObject()
                    .put("type", "thinking")
                    .put("thinking", "Think.")
                    .put("signature", SIGNATURE);
        }
        if (plan.prose().pieces() > 0) {
            content.addObject().put("type", "text").put("text", text);
        }
        for (var call : plan.calls()) {
            content.add(toolUse(call).set("input", Answers.parsed(call.arguments())));
        }
        message.put("stop_reason", stopReason(plan)).putNull("stop_sequence").putNull("stop_details");
        if (!plan.has(Cue.NO_USAGE)) {
            message.set("usage", firstUsage(plan.tokens(), plan.tokens().output()));
            thinkingDetail(message.withObject("/usage"), plan.tokens());
        }
        return message;
    }

    @Override
    public Frames events(Plan plan) {
        var head = new ArrayList<ByteString>();
        var start = envelope(plan);
        start.putArray("content");
        start.putNull("stop_reason").putNull("stop_sequence").putNull("stop_details");
        if (!plan.has(Cue.NO_USAGE)) {
            start.set("usage", firstUsage(plan.tokens(), 1));
        }
        head.add(typed("message_start", object().set("message", start)));
        var index = 0;
        if (thinks(plan)) {
            thinking(head, index++);
        }
        var texts = plan.prose().pieces() > 0;
        var textIndex = index;
        if (texts) {
            head.add(blockStart(index++, object().put("type", "text").put("text", "")));
            head.add(utf8("event: ping\ndata: {\"type\": \"ping\"}\n\n"));
        }
        var tail = new ArrayList<ByteString>();
        if (texts) {
            tail.add(blockStop(textIndex));
        }
        for (var call : plan.calls()) {
            toolUse(tail, index++, call);
        }
        ending(tail, plan);
        var before = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":" + textIndex
                + ",\"delta\":{\"type\":\"text_delta\",\"text\":\"";
        return Frames.of(
                head, plan.prose().pieces(), piece -> utf8(before + plan.prose().piece(piece) + "\"}}\n\n"), tail);
    }

    private static void thinking(List<ByteString> events, int index) {
        events.add(blockStart(
                index, object().put("type", "thinking").put("thinking", "").put("signature", "")));
        events.add(delta(index, object().put("type", "thinking_delta").put("thinking", "Think.")));
        events.add(delta(index, object().put("type", "signature_delta").put("signature", SIGNATURE)));
        events.add(blockStop(index));
    }

    private static void toolUse(List<ByteString> events, int index, Plan.Call call) {
        events.add(blockStart(index, toolUse(call).set("input", object())));
        events.add(delta(index, object().put("type", "input_json_delta").put("partial_json", "")));
        for (var part : ChatShape.halved(call.arguments())) {
            events.add(delta(index, object().put("type", "input_json_delta").put("partial_json", part)));
        }
        events.add(blockStop(index));
    }

    private static void ending(List<ByteString> events, Plan plan) {
        var end = object();
        end.putObject("delta")
                .put("stop_reason", stopReason(plan))
                .putNull("stop_sequence")
                .putNull("stop_details");
        if (!plan.has(Cue.NO_USAGE)) {
            var tokens = plan.tokens();
            var usage = end.putObject("usage")
                    .put("input_tokens", tokens.input())
                    .put("cache_creation_input_tokens", tokens.write() + tokens.write1h())
                    .put("cache_read_input_tokens", tokens.cached())
                    .put("output_tokens", tokens.output());
            thinkingDetail(usage, tokens);
        }
        events.add(typed("message_delta", end));
        if (!plan.has(Cue.NO_TERMINAL)) {
            events.add(typed("message_stop", object()));
        }
    }

    private static ByteString blockStart(int index, ObjectNode block) {
        return typed("content_block_start", object().put("index", index).set("content_block", block));
    }

    private static ByteString delta(int index, ObjectNode delta) {
        return typed("content_block_delta", object().put("index", index).set("delta", delta));
    }

    private static ByteString blockStop(int index) {
        return typed("content_block_stop", object().put("index", index));
    }

    private static ByteString typed(String type, ObjectNode rest) {
        return event(type, object().put("type", type).setAll(rest));
    }

    private static ObjectNode envelope(Plan plan) {
        return object().put("model", plan.asked().model())
                .put("id", plan.id("msg_"))
                .put("type", "message")
                .put("role", "assistant");
    }

    private static ObjectNode toolUse(Plan.Call call) {
        return object().put("type", "tool_use").put("id", "toolu_" + call.id()).put("name", call.name());
    }

    private static boolean thinks(Plan plan) {
        return plan.tokens().reasoning() > 0;
    }

    private static String stopReason(Plan plan) {
        return switch (plan.finish()) {
            case Finish.STOP -> "end_turn";
            case Finish.LENGTH -> "max_tokens";
            case Finish.TOOLS -> "tool_use";
        };
    }

    private static ObjectNode firstUsage(Tokens tokens, long output) {
        var usage = object().put("input_tokens", tokens.input())
                .put("cache_creation_input_tokens", tokens.write() + tokens.write1h())
                .put("cache_read_input_tokens", tokens.cached());
        usage.putObject("cache_creation")
                .put("ephemeral_5m_input_tokens", tokens.write())
                .put("ephemeral_1h_input_tokens", tokens.write1h());
        return usage.put("output_tokens", output)
                .put("service_tier", "standard")
                .put("inference_geo", "global");
    }

    private static void thinkingDetail(ObjectNode usage, Tokens tokens) {
        if (tokens.reasoning() > 0) {
            usage.putObject("output_tokens_details").put("thinking_tokens", tokens.reasoning());
        }
    }

    @Override
    public String error(int status, String message, String requestId) {
        return anthropicError(type(status), message, requestId).toString();
    }

    @Override
    public ByteString errorEvent(String requestId) {
        return event("error", anthropicError("overloaded_error", "Overloaded", requestId));
    }

    @Override
    public Map<String, String> headers(String requestId, boolean exhausted) {
        var reset = "2026-11-20T10:00:00Z";
        return Map.ofEntries(
                Map.entry("request-id", requestId),
                Map.entry("anthropic-organization-id", "00000000-0000-0000-0000-000000000000"),
                Map.entry("anthropic-ratelimit-requests-limit", "4000"),
                Map.entry("anthropic-ratelimit-requests-remaining", "3999"),
                Map.entry("anthropic-ratelimit-requests-reset", reset),
                Map.entry("anthropic-ratelimit-input-tokens-limit", "2000000"),
                Map.entry("anthropic-ratelimit-input-tokens-remaining", exhausted ? "0" : "1999000"),
                Map.entry("anthropic-ratelimit-input-tokens-reset", reset),
                Map.entry("anthropic-ratelimit-output-tokens-limit", "400000"),
                Map.entry("anthropic-ratelimit-output-tokens-remaining", "400000"),
                Map.entry("anthropic-ratelimit-output-tokens-reset", reset));
    }

    private static ObjectNode anthropicError(String type, String message, @Nullable String requestId) {
        var error = object().put("type", "error");
        error.putObject("error").put("type", type).put("message", message);
        return error.put("request_id", requestId);
    }

    private static String type(int status) {
        return switch (status) {
            case 401 -> "authentication_error";
            case 402 -> "billing_error";
            case 403 -> "permission_error";
            case 404 -> "not_found_error";
            case 413 -> "request_too_large";
            case 429 -> "rate_limit_error";
            case 504 -> "timeout_error";
            case 529 -> "overloaded_error";
            default -> status < 500 ? "invalid_request_error" : "api_error";
        };
    }
}

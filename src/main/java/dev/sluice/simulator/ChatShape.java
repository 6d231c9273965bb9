package dev.sluice.simulator;

import static dev.sluice.simulator.Shape.object;
import static dev.sluice.simulator.Shape.utf8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.simulator.Plan.Finish;
import dev.sluice.simulator.Script.Cue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.pekko.util.ByteString;

/** OpenAI chat completions: data lines without names, usage only on request, {@code [DONE]} at the end. */
final class ChatShape implements Shape {
    @Override
    public String limitAt() {
        return "/max_tokens";
    }

    @Override
    public ObjectNode whole(Plan plan, String text) {
        var answer = object().put("id", plan.id("chatcmpl-"))
                .put("object", "chat.completion")
                .put("created", NOW)
                .put("model", plan.asked().model());
        var choice = answer.putArray("choices").addObject().put("index", 0);
        var message = choice.putObject("message").put("role", "assistant");
        message.put("content", plan.prose().pieces() == 0 ? null : text).putNull("refusal");
        if (!plan.calls().isEmpty()) {
            var calls = message.putArray("tool_calls");
            plan.calls().forEach(call -> calls.add(call(call, call.arguments())));
        }
        message.putArray("annotations");
        choice.putNull("logprobs").put("finish_reason", finish(plan));
        if (!plan.has(Cue.NO_USAGE)) {
            answer.set("usage", usage(plan.tokens()));
        }
        return answer.put("service_tier", "default").putNull("system_fingerprint");
    }

    @Override
    public Frames events(Plan plan) {
        var first = object().put("role", "assistant");
        first.put("content", plan.prose().pieces() == 0 ? null : "").putNull("refusal");
        // One delta is rendered as a pattern; the rest of a long stream is text put between its two halves.
        var halves = chunk(plan, object().put("content", TEXT_HERE), null).split(TEXT_HERE, 2);
        return Frames.of(
                List.of(utf8(chunk(plan, first, null))),
                plan.prose().pieces(),
                index -> utf8(halves[0] + plan.prose().piece(index) + halves[1]),
                tail(plan));
    }

    private static List<ByteString> tail(Plan plan) {
        var tail = new ArrayList<ByteString>();
        for (var index = 0; index < plan.calls().size(); index++) {
            var call = plan.calls().get(index);
            tail.add(utf8(chunk(plan, delta(index, call(call, "")), null)));
            for (var part : halved(call.arguments())) {
                var fragment = object();
                fragment.putObject("function").put("arguments", part);
                tail.add(utf8(chunk(plan, delta(index, fragment), null)));
            }
        }
        if (!plan.has(Cue.NO_TERMINAL)) {
            tail.add(utf8(chunk(plan, object(), finish(plan))));
        }
        if (usageAsked(plan)) {
            var last = envelope(plan);
            last.putArray("choices");
            last.set("usage", usage(plan.tokens()));
            tail.add(utf8("data: " + last + "\n\n"));
        }
        if (!plan.has(Cue.NO_DONE)) {
            tail.add(utf8("data: [DONE]\n\n"));
        }
        return tail;
    }

    static List<String> halved(String text) {
        return List.of(text.substring(0, text.length() / 2), text.substring(text.length() / 2));
    }

    private static ObjectNode delta(int index, ObjectNode fragment) {
        var delta = object();
        delta.putArray("tool_calls").add(object().put("index", index).setAll(fragment));
        return delta;
    }

    private static ObjectNode call(Plan.Call call, String arguments) {
        var node = object().put("id", "call_" + call.id()).put("type", "function");
        node.putObject("function").put("name", call.name()).put("arguments", arguments);
        return node;
    }

    static boolean usageAsked(Plan plan) {
        return plan.asked().body().path("stream_options").path("include_usage").asBoolean() && !plan.has(Cue.NO_USAGE);
    }

    private static String chunk(Plan plan, ObjectNode delta, @org.jspecify.annotations.Nullable String finish) {
        var chunk = envelope(plan);
        var choice = chunk.putArray("choices").addObject().put("index", 0);
        choice.set("delta", delta);
        choice.putNull("logprobs").put("finish_reason", finish);
        if (usageAsked(plan)) {
            chunk.putNull("usage");
        }
        return "data: " + chunk + "\n\n";
    }

    private static ObjectNode envelope(Plan plan) {
        return object().put("id", plan.id("chatcmpl-"))
                .put("object", "chat.completion.chunk")
                .put("created", NOW)
                .put("model", plan.asked().model())
                .put("service_tier", "default")
                .putNull("system_fingerprint");
    }

    private static String finish(Plan plan) {
        return switch (plan.finish()) {
            case Finish.STOP -> "stop";
            case Finish.LENGTH -> "length";
            case Finish.TOOLS -> "tool_calls";
        };
    }

    static ObjectNode usage(Tokens tokens) {
        var usage = object().put("prompt_tokens", tokens.prompt())
                .put("completion_tokens", tokens.output())
                .put("total_tokens", tokens.prompt() + tokens.output());
        usage.putObject("prompt_tokens_details")
                .put("cached_tokens", tokens.cached())
                .put("cache_write_tokens", tokens.write() + tokens.write1h())
                .put("audio_tokens", 0);
        usage.putObject("completion_tokens_details")
                .put("reasoning_tokens", tokens.reasoning())
                .put("audio_tokens", 0)
                .put("accepted_prediction_tokens", 0)
                .put("rejected_prediction_tokens", 0);
        return usage;
    }

    @Override
    public String error(int status, String message, String requestId) {
        return openAiError(status, message);
    }

    @Override
    public ByteString errorEvent(String requestId) {
        return utf8(
                "data: " + openAiError(500, "The server had an error while processing your request. Sorry about that!")
                        + "\n\n");
    }

    @Override
    public Map<String, String> headers(String requestId, boolean exhausted) {
        return openAiHeaders(requestId, exhausted);
    }

    static String openAiError(int status, String message) {
        var error = object();
        var inner = error.putObject("error").put("message", message);
        switch (status) {
            case 401 ->
                inner.put("type", "invalid_request_error").putNull("param").put("code", "invalid_api_key");
            case 404 ->
                inner.put("type", "invalid_request_error").putNull("param").put("code", "model_not_found");
            case 429 -> inner.put("type", "tokens").putNull("param").put("code", "rate_limit_exceeded");
            default ->
                inner.put("type", status < 500 ? "invalid_request_error" : "server_error")
                        .putNull("param")
                        .putNull("code");
        }
        return error.toString();
    }

    static Map<String, String> openAiHeaders(String requestId, boolean exhausted) {
        return Map.ofEntries(
                Map.entry("x-request-id", requestId),
                Map.entry("openai-organization", "org-simulated"),
                Map.entry("openai-processing-ms", "12"),
                Map.entry("openai-version", "2020-10-01"),
                Map.entry("x-ratelimit-limit-requests", "10000"),
                Map.entry("x-ratelimit-limit-tokens", "2000000"),
                Map.entry("x-ratelimit-remaining-requests", "9999"),
                Map.entry("x-ratelimit-remaining-tokens", exhausted ? "0" : "1999870"),
                Map.entry("x-ratelimit-reset-requests", "6ms"),
                Map.entry("x-ratelimit-reset-tokens", exhausted ? "1m30s" : "3ms"));
    }
}

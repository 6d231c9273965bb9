package dev.sluice.simulator;

import static dev.sluice.simulator.Shape.event;
import static dev.sluice.simulator.Shape.object;
import static dev.sluice.simulator.Shape.utf8;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.simulator.Plan.Finish;
import dev.sluice.simulator.Script.Cue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.pekko.util.ByteString;

/** OpenAI Responses: named and numbered events; the last one repeats the whole answer, with usage. */
final class ResponsesShape implements Shape {
    private static final String BLOB = "gAAAAABsimulated-opaque-reasoning==";

    @Override
    public String limitAt() {
        return "/max_output_tokens";
    }

    @Override
    public ObjectNode whole(Plan plan, String text) {
        var limited = plan.finish() == Finish.LENGTH;
        var response = response(plan, limited ? "incomplete" : "completed", output(plan, text));
        if (limited) {
            response.putObject("incomplete_details").put("reason", "max_output_tokens");
        } else {
            response.put("completed_at", NOW);
        }
        if (!plan.has(Cue.NO_USAGE)) {
            response.set("usage", usage(plan.tokens()));
        }
        return response;
    }

    @Override
    public Frames events(Plan plan) {
        var head = new Numbered(0);
        var waits = plan.asked().body().path("background").asBoolean();
        head.add("response.created", response("response", response(plan, waits ? "queued" : "in_progress", array())));
        head.add("response.in_progress", response("response", response(plan, "in_progress", array())));
        var index = 0;
        if (reasons(plan)) {
            var item = object().put("output_index", index);
            head.add("response.output_item.added", item.deepCopy().set("item", reasoning(plan, "")));
            head.add("response.output_item.done", item.set("item", reasoning(plan, BLOB)));
            index++;
        }
        var textIndex = index;
        if (plan.prose().pieces() > 0) {
            openText(head, plan, index++);
        }
        var tail = new Numbered(head.next() + plan.prose().pieces());
        if (plan.prose().pieces() > 0) {
            closeText(tail, plan, textIndex);
        }
        for (var call : plan.calls()) {
            call(tail, call, index++);
        }
        if (!plan.has(Cue.NO_TERMINAL)) {
            var whole = whole(plan, plan.prose().whole());
            tail.add("response." + whole.path("status").asText(), response("response", whole));
        }
        return Frames.of(head.events, plan.prose().pieces(), deltas(plan, head.next(), textIndex), tail.events);
    }

    private static java.util.function.IntFunction<ByteString> deltas(Plan plan, int firstNumber, int textIndex) {
        var before =
                "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":";
        var between = ",\"item_id\":\"" + plan.id("msg_") + "\",\"output_index\":" + textIndex
                + ",\"content_index\":0,\"delta\":\"";
        return piece ->
                utf8(before + (firstNumber + piece) + between + plan.prose().piece(piece) + "\",\"logprobs\":[]}\n\n");
    }

    private static void openText(Numbered events, Plan plan, int index) {
        var item = message(plan, "in_progress", null);
        events.add(
                "response.output_item.added",
                object().put("output_index", index).set("item", item));
        events.add("response.content_part.added", place(plan, index).set("part", text("")));
    }

    private static void closeText(Numbered events, Plan plan, int index) {
        var text = plan.prose().whole();
        var done = place(plan, index).put("text", text);
        done.putArray("logprobs");
        events.add("response.output_text.done", done);
        events.add("response.content_part.done", place(plan, index).set("part", text(text)));
        var item = message(plan, "completed", text);
        events.add(
                "response.output_item.done", object().put("output_index", index).set("item", item));
    }

    private static void call(Numbered events, Plan.Call call, int index) {
        var at = object().put("item_id", "fc_" + call.id()).put("output_index", index);
        var added = functionCall(call, "in_progress", "");
        events.add(
                "response.output_item.added",
                object().put("output_index", index).set("item", added));
        for (var part : ChatShape.halved(call.arguments())) {
            events.add("response.function_call_arguments.delta", at.deepCopy().put("delta", part));
        }
        events.add("response.function_call_arguments.done", at.put("arguments", call.arguments()));
        var done = functionCall(call, "completed", call.arguments());
        events.add(
                "response.output_item.done", object().put("output_index", index).set("item", done));
    }

    private static ArrayNode output(Plan plan, String text) {
        var output = array();
        if (reasons(plan)) {
            output.add(reasoning(plan, BLOB));
        }
        if (plan.prose().pieces() > 0) {
            output.add(message(plan, "completed", text));
        }
        plan.calls().forEach(call -> output.add(functionCall(call, "completed", call.arguments())));
        return output;
    }

    private static ObjectNode place(Plan plan, int index) {
        return object().put("item_id", plan.id("msg_"))
                .put("output_index", index)
                .put("content_index", 0);
    }

    private static ObjectNode text(String text) {
        var part = object().put("type", "output_text");
        part.putArray("annotations");
        part.putArray("logprobs");
        return part.put("text", text);
    }

    private static ObjectNode message(Plan plan, String status, @org.jspecify.annotations.Nullable String text) {
        var item = object().put("id", plan.id("msg_")).put("type", "message").put("status", status);
        var content = item.putArray("content");
        if (text != null) {
            content.add(text(text));
        }
        return item.put("role", "assistant");
    }

    private static ObjectNode reasoning(Plan plan, String blob) {
        var item = object().put("id", plan.id("rs_")).put("type", "reasoning");
        item.putArray("summary");
        return item.put("encrypted_content", blob);
    }

    private static ObjectNode functionCall(Plan.Call call, String status, String arguments) {
        return object().put("id", "fc_" + call.id())
                .put("type", "function_call")
                .put("status", status)
                .put("arguments", arguments)
                .put("call_id", "call_" + call.id())
                .put("name", call.name());
    }

    private static boolean reasons(Plan plan) {
        return plan.tokens().reasoning() > 0;
    }

    private static ArrayNode array() {
        return JsonNodeFactory.instance.arrayNode();
    }

    private static ObjectNode response(String name, ObjectNode value) {
        return object().set(name, value);
    }

    private static ObjectNode response(Plan plan, String status, ArrayNode output) {
        var body = plan.asked().body();
        var response = object().put("id", plan.id("resp_"))
                .put("object", "response")
                .put("created_at", NOW)
                .put("status", status)
                .put("background", body.path("background").asBoolean())
                .putNull("completed_at")
                .putNull("error")
                .putNull("incomplete_details");
        response.set("instructions", body.path("instructions").deepCopy());
        response.set("max_output_tokens", body.path("max_output_tokens").deepCopy());
        response.put("model", plan.asked().model()).set("output", output);
        response.put("parallel_tool_calls", true);
        response.set("previous_response_id", body.path("previous_response_id").deepCopy());
        response.set("prompt_cache_key", body.path("prompt_cache_key").deepCopy());
        response.putObject("reasoning").put("effort", "medium").putNull("summary");
        response.put("service_tier", "default").put("store", true).put("temperature", 1.0);
        response.putObject("text").putObject("format").put("type", "text");
        response.put("tool_choice", "auto");
        response.set("tools", body.has("tools") ? body.path("tools").deepCopy() : array());
        response.put("top_p", 1.0)
                .put("truncation", "disabled")
                .putNull("usage")
                .putNull("user");
        response.putObject("metadata");
        present(response, "instructions", "max_output_tokens", "previous_response_id", "prompt_cache_key");
        return response;
    }

    /** What the request left out is null in the answer. */
    private static void present(ObjectNode response, String... fields) {
        for (var field : fields) {
            if (response.path(field).isMissingNode()) {
                response.putNull(field);
            }
        }
    }

    private static ObjectNode usage(Tokens tokens) {
        var usage = object().put("input_tokens", tokens.prompt());
        var details = usage.putObject("input_tokens_details")
                .put("cached_tokens", tokens.cached())
                .put("cache_write_tokens", tokens.write() + tokens.write1h());
        if (tokens.write1h() > 0) {
            details.putObject("cache_write_tokens_details")
                    .put("ttl_30m_tokens", tokens.write())
                    .put("ttl_12h_tokens", tokens.write1h());
        }
        usage.put("output_tokens", tokens.output());
        usage.putObject("output_tokens_details").put("reasoning_tokens", tokens.reasoning());
        return usage.put("total_tokens", tokens.prompt() + tokens.output());
    }

    @Override
    public String error(int status, String message, String requestId) {
        return ChatShape.openAiError(status, message);
    }

    @Override
    public ByteString errorEvent(String requestId) {
        var error = object().put("type", "error").put("sequence_number", 0);
        error.putObject("error")
                .put("type", "service_unavailable_error")
                .put("code", "server_is_overloaded")
                .put("message", "Our servers are currently overloaded. Please try again later.")
                .putNull("param");
        return event("error", error);
    }

    @Override
    public Map<String, String> headers(String requestId, boolean exhausted) {
        return ChatShape.openAiHeaders(requestId, exhausted);
    }

    /** Events that carry their own number. */
    private static final class Numbered {
        private final List<ByteString> events = new ArrayList<>();
        private final int from;

        Numbered(int from) {
            this.from = from;
        }

        void add(String type, ObjectNode rest) {
            events.add(event(
                    type,
                    object().put("type", type).put("sequence_number", next()).setAll(rest)));
        }

        int next() {
            return from + events.size();
        }
    }
}

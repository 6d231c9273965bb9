package dev.sluice.wire.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.wire.JsonTrees;
import dev.sluice.wire.Retelling;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A response: its last event has all of it; of one that broke off, what its items and deltas come to. */
public final class ResponsesRetelling implements Retelling {
    /** No response has so many items or parts; those beyond are not followed. */
    private static final int MAX_ITEMS = 10_000;

    private static final Set<String> LAST_EVENTS =
            Set.of("response.completed", "response.incomplete", "response.failed", "response.cancelled");

    private ObjectNode response = JsonTrees.object();
    private final TreeMap<Integer, ObjectNode> items = new TreeMap<>();
    private @Nullable JsonNode error;

    @Override
    public void take(ObjectNode event) {
        var type = event.path("type").asText();
        if (type.equals("error")) {
            fail(type, event);
        } else if (event.get("response") instanceof ObjectNode told) {
            response = LAST_EVENTS.contains(type) || isNewer(told) ? told : response;
        } else if (event.get("item") instanceof ObjectNode item) {
            put(event, item);
        } else if (event.has("output_index")) {
            takePiece(type, event);
        } else if (!type.startsWith("response.")) {
            // No event at all: an error as a front puts it.
            event.properties().forEach(field -> response.set(field.getKey(), field.getValue()));
        }
    }

    /** What is told late must not take away what was told. */
    private boolean isNewer(ObjectNode told) {
        return response.path("output").size() <= told.path("output").size();
    }

    @Override
    public void fail(String type, ObjectNode event) {
        if (JsonTrees.isNothing(event.get("error"))) {
            event.remove("type");
            event.remove("sequence_number");
            error = event;
        } else {
            error = event.get("error");
        }
    }

    private void put(ObjectNode event, ObjectNode item) {
        var index = number(event, "output_index");
        if (index < MAX_ITEMS) {
            items.put(index, item);
        }
    }

    private static int number(ObjectNode event, String name) {
        return Math.clamp(event.path(name).asLong(), 0, MAX_ITEMS);
    }

    private void takePiece(String type, ObjectNode event) {
        var index = number(event, "output_index");
        if (index == MAX_ITEMS) {
            return;
        }
        switch (type) {
            case "response.content_part.added", "response.content_part.done" ->
                putPart(item(index, event, "message"), "content", number(event, "content_index"), event.get("part"));
            case "response.reasoning_summary_part.added", "response.reasoning_summary_part.done" ->
                putPart(item(index, event, "reasoning"), "summary", number(event, "summary_index"), event.get("part"));
            case "response.output_text.delta", "response.output_text.done" -> {
                var part =
                        part(item(index, event, "message"), "content", number(event, "content_index"), "output_text");
                takeText(part, "text", event, "text");
                takeProbabilities(type, part, event);
            }
            case "response.output_text.annotation.added" -> {
                var part =
                        part(item(index, event, "message"), "content", number(event, "content_index"), "output_text");
                if (event.get("annotation") instanceof ObjectNode annotation) {
                    JsonTrees.arrayAt(part, "annotations").add(annotation);
                }
            }
            case "response.refusal.delta", "response.refusal.done" ->
                takeText(
                        part(item(index, event, "message"), "content", number(event, "content_index"), "refusal"),
                        "refusal",
                        event,
                        "refusal");
            case "response.reasoning_text.delta", "response.reasoning_text.done" ->
                takeText(
                        part(
                                item(index, event, "reasoning"),
                                "content",
                                number(event, "content_index"),
                                "reasoning_text"),
                        "text",
                        event,
                        "text");
            case "response.reasoning_summary_text.delta", "response.reasoning_summary_text.done" ->
                takeText(
                        part(
                                item(index, event, "reasoning"),
                                "summary",
                                number(event, "summary_index"),
                                "summary_text"),
                        "text",
                        event,
                        "text");
            case "response.function_call_arguments.delta", "response.function_call_arguments.done" ->
                takeText(item(index, event, "function_call"), "arguments", event, "arguments");
            case "response.mcp_call_arguments.delta", "response.mcp_call_arguments.done" ->
                takeText(item(index, event, "mcp_call"), "arguments", event, "arguments");
            case "response.custom_tool_call_input.delta", "response.custom_tool_call_input.done" ->
                takeText(item(index, event, "custom_tool_call"), "input", event, "input");
            case "response.code_interpreter_call_code.delta", "response.code_interpreter_call_code.done" ->
                takeText(item(index, event, "code_interpreter_call"), "code", event, "code");
            // How far a search has come, a picture half drawn: the item tells what comes of it.
            default -> {}
        }
    }

    private ObjectNode item(int index, ObjectNode event, String type) {
        return items.computeIfAbsent(index, _ -> {
            var item = JsonTrees.object();
            if (event.has("item_id")) {
                item.set("id", event.get("item_id"));
            }
            return item.put("type", type);
        });
    }

    private static void putPart(ObjectNode item, String list, int index, @Nullable JsonNode part) {
        if (part instanceof ObjectNode told) {
            var parts = JsonTrees.arrayAt(item, list);
            if (index < parts.size()) {
                parts.set(index, told);
            } else if (index < MAX_ITEMS) {
                parts.add(told);
            }
        }
    }

    private static ObjectNode part(ObjectNode item, String list, int index, String type) {
        var parts = JsonTrees.arrayAt(item, list);
        if (index < parts.size() && parts.get(index) instanceof ObjectNode known) {
            return known;
        }
        // One that nobody announced; no place is left open before it.
        if (parts.size() == MAX_ITEMS) {
            return JsonTrees.object();
        }
        return parts.addObject().put("type", type);
    }

    /** A piece more, or the whole in place of all pieces. */
    private static void takeText(ObjectNode place, String name, ObjectNode event, String whole) {
        if (event.path("delta").isTextual()) {
            JsonTrees.append(place, name, event.path("delta").textValue());
        } else if (!JsonTrees.isNothing(event.get(whole))) {
            place.set(name, event.get(whole));
        }
    }

    private static void takeProbabilities(String type, ObjectNode part, ObjectNode event) {
        if (event.get("logprobs") instanceof ArrayNode told && !told.isEmpty()) {
            if (type.endsWith(".done")) {
                part.set("logprobs", told);
            } else {
                JsonTrees.arrayAt(part, "logprobs").addAll(told);
            }
        }
    }

    @Override
    public @Nullable ObjectNode told() {
        if (error != null) {
            response.set("error", error);
        }
        // Some send a last event without what they have sent before.
        if (response.path("output").isEmpty() && !items.isEmpty()) {
            var output = response.putArray("output");
            items.values().forEach(output::add);
        }
        return response.isEmpty() ? null : response;
    }
}

package dev.sluice.wire.messages;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.wire.JsonTrees;
import dev.sluice.wire.Retelling;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A message of Anthropic's, put together from its events. */
public final class MessagesRetelling implements Retelling {
    /** No message has so many; those beyond are not followed. */
    private static final int MAX_BLOCKS = 10_000;

    private final ObjectNode document = JsonTrees.object();
    private final TreeMap<Integer, Block> blocks = new TreeMap<>();

    /** A block, and the text of its input while it comes. */
    private record Block(ObjectNode told, StringBuilder input) {
        static Block of(ObjectNode told) {
            return new Block(told, new StringBuilder());
        }

        ObjectNode whole() {
            JsonTrees.putArguments(told, "input", input.toString());
            return told;
        }
    }

    @Override
    public void take(ObjectNode event) {
        switch (event.path("type").asText()) {
            case "message_start" -> {
                if (event.get("message") instanceof ObjectNode message) {
                    begin(message);
                }
            }
            case "message" -> begin(event);
            case "content_block_start" -> {
                if (event.get("content_block") instanceof ObjectNode block) {
                    begin(index(event), block);
                }
            }
            case "content_block_delta" -> {
                if (event.get("delta") instanceof ObjectNode delta) {
                    delta(index(event), delta);
                }
            }
            case "message_delta" -> end(event);
            // With the last one come Amazon's metrics; what has no type is an error of somebody in between.
            case "message_stop", "error", "" -> addAll(event);
            // A block's end, a ping, or what nobody knows.
            default -> {}
        }
    }

    @Override
    public void fail(String type, ObjectNode event) {
        if (event.has("error")) {
            addAll(event);
        } else {
            document.set("error", event);
        }
    }

    private static int index(ObjectNode event) {
        return Math.clamp(event.path("index").asLong(), 0, MAX_BLOCKS);
    }

    private void begin(ObjectNode message) {
        if (message.remove("content") instanceof ArrayNode content) {
            for (int at = 0; at < content.size(); at++) {
                if (content.get(at) instanceof ObjectNode block) {
                    begin(at, block);
                }
            }
        }
        message.properties().forEach(field -> {
            document.set(field.getKey(), field.getValue());
            // Where it stands in every message.
            if (field.getKey().equals("role")) {
                document.putArray("content");
            }
        });
    }

    private void begin(int index, ObjectNode block) {
        if (index < MAX_BLOCKS) {
            blocks.put(index, Block.of(block));
        }
    }

    private void delta(int index, ObjectNode delta) {
        if (index == MAX_BLOCKS) {
            return;
        }
        var block = blocks.computeIfAbsent(index, _ -> Block.of(JsonTrees.object()));
        for (var field : delta.properties()) {
            var value = field.getValue();
            switch (field.getKey()) {
                case "type" -> {}
                case "partial_json" -> block.input.append(value.asText());
                case "citation" -> JsonTrees.arrayAt(block.told, "citations").add(value);
                case "text", "thinking", "content" -> {
                    if (value.isTextual()) {
                        JsonTrees.append(block.told, field.getKey(), value.textValue());
                    }
                }
                // A signature, or what nobody knows yet: whole each time.
                default -> block.told.set(field.getKey(), value);
            }
        }
    }

    private void end(ObjectNode event) {
        for (var field : event.properties()) {
            switch (field.getKey()) {
                case "type" -> {}
                case "delta" -> put(document, field.getValue());
                case "usage" -> put(JsonTrees.objectAt(document, "usage"), field.getValue());
                default -> document.set(field.getKey(), field.getValue());
            }
        }
    }

    /** Counts go up; one that is not told again still holds. */
    private static void put(ObjectNode known, JsonNode told) {
        for (var field : told.properties()) {
            if (!field.getValue().isNull() || !known.has(field.getKey())) {
                known.set(field.getKey(), field.getValue());
            }
        }
    }

    private void addAll(ObjectNode event) {
        for (var field : event.properties()) {
            // The type of an event is none of the message.
            if (!field.getKey().equals("type") || (event.has("error") && document.isEmpty())) {
                document.set(field.getKey(), field.getValue());
            }
        }
    }

    @Override
    public @Nullable ObjectNode told() {
        if (document.isEmpty() && blocks.isEmpty()) {
            return null;
        }
        if (!blocks.isEmpty() || document.has("content")) {
            var content = document.putArray("content");
            blocks.values().forEach(block -> content.add(block.whole()));
        }
        return document;
    }
}

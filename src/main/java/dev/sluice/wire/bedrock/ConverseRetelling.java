package dev.sluice.wire.bedrock;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.wire.JsonTrees;
import dev.sluice.wire.Retelling;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Converse's answer, put together from its events, which are told apart by what is in them. */
final class ConverseRetelling implements Retelling {
    /** No answer has so many; those beyond are not followed. */
    private static final int MAX_BLOCKS = 10_000;

    private final ObjectNode document = JsonTrees.object();
    private final TreeMap<Integer, Block> blocks = new TreeMap<>();
    private @Nullable JsonNode role;

    /** A block, and the text of its input while it comes. */
    private record Block(ObjectNode told, StringBuilder input) {
        void take(ObjectNode delta) {
            for (var field : delta.properties()) {
                var value = field.getValue();
                switch (field.getKey()) {
                    case "text" -> text(value);
                    case "toolUse" -> {
                        JsonTrees.objectAt(told, "toolUse");
                        input.append(value.path("input").asText());
                    }
                    case "reasoningContent" -> value.properties().forEach(it -> reasoning(it.getKey(), it.getValue()));
                    case "citation" -> cite(value);
                    case "toolResult" -> {
                        if (value instanceof ArrayNode more) {
                            JsonTrees.arrayAt(JsonTrees.objectAt(told, "toolResult"), "content")
                                    .addAll(more);
                        }
                    }
                    default -> told.set(field.getKey(), value);
                }
            }
        }

        private void text(JsonNode more) {
            if (more.isTextual()) {
                var cited = told.at("/citationsContent/content/0") instanceof ObjectNode text ? text : told;
                JsonTrees.append(cited, "text", more.textValue());
            }
        }

        /** A text with sources stands elsewhere than one without. */
        private void cite(JsonNode citation) {
            var content = JsonTrees.objectAt(told, "citationsContent");
            if (!content.has("content")) {
                var text = content.putArray("content").addObject();
                var before = told.remove("text");
                if (before != null) {
                    text.set("text", before);
                }
            }
            JsonTrees.arrayAt(content, "citations").add(citation);
        }

        private void reasoning(String name, JsonNode value) {
            var content = JsonTrees.objectAt(told, "reasoningContent");
            if (name.equals("text") && value.isTextual()) {
                JsonTrees.append(JsonTrees.objectAt(content, "reasoningText"), name, value.textValue());
            } else if (name.equals("signature")) {
                JsonTrees.objectAt(content, "reasoningText").set(name, value);
            } else {
                content.set(name, value);
            }
        }

        ObjectNode whole() {
            if (told.get("toolUse") instanceof ObjectNode tool) {
                JsonTrees.putArguments(tool, "input", input.toString());
                if (!tool.has("input")) {
                    tool.putObject("input");
                }
            }
            return told;
        }
    }

    @Override
    public void take(ObjectNode event) {
        // Padding, to hide how long an event is.
        event.remove("p");
        if (event.has("contentBlockIndex")) {
            takeBlock(Math.clamp(event.path("contentBlockIndex").asLong(), 0, MAX_BLOCKS), event);
        } else if (event.has("role")) {
            role = event.get("role");
        } else {
            document.setAll(event);
        }
    }

    private void takeBlock(int index, ObjectNode event) {
        if (index < MAX_BLOCKS) {
            var block = blocks.computeIfAbsent(index, _ -> new Block(JsonTrees.object(), new StringBuilder()));
            if (event.get("start") instanceof ObjectNode start) {
                block.told.setAll(start);
            } else if (event.get("delta") instanceof ObjectNode delta) {
                block.take(delta);
            }
        }
    }

    @Override
    public void fail(String type, ObjectNode event) {
        document.set(type, event);
    }

    @Override
    public @Nullable ObjectNode told() {
        if (role != null || !blocks.isEmpty()) {
            var message = JsonTrees.objectAt(JsonTrees.objectAt(document, "output"), "message");
            if (role != null) {
                message.set("role", role);
            }
            var content = message.putArray("content");
            blocks.values().forEach(block -> content.add(block.whole()));
        }
        return document.isEmpty() ? null : document;
    }
}

package dev.sluice.wire.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.wire.DeltaMerge;
import dev.sluice.wire.JsonTrees;
import dev.sluice.wire.Retelling;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A completion, put together from its chunks; of chat, or of old. */
public final class ChatRetelling implements Retelling {
    /** Nobody answers with more choices; those beyond are not followed. */
    private static final int MAX_CHOICES = 1024;

    private static final String CHUNK = ".chunk";

    private final ObjectNode document = JsonTrees.object();
    private final TreeMap<Integer, ObjectNode> choices = new TreeMap<>();

    @Override
    public void take(ObjectNode event) {
        if ("error".equals(event.path("object").asText())) {
            event.remove("object");
            fail("error", event);
            return;
        }
        event.properties().forEach(field -> take(field.getKey(), field.getValue()));
    }

    @Override
    public void fail(String type, ObjectNode event) {
        document.set("error", event.has("error") ? event.get("error") : event);
    }

    private void take(String name, JsonNode value) {
        switch (name) {
            case "choices" -> choices(value);
            case "object" -> document.put("object", withoutSuffix(value.asText()));
            case "usage" -> usage(value);
            case "error" -> putTold("error", value);
            case "service_tier" -> {
                if (value.isTextual() && !value.asText().equals("auto") && isOpen("service_tier")) {
                    document.set("service_tier", value);
                } else {
                    putNew("service_tier", value);
                }
            }
            // Padding, to hide how long a chunk is.
            case "obfuscation" -> {}
            default -> {
                if (value.isContainerNode()) {
                    putTold(name, value);
                } else {
                    putNew(name, value);
                }
            }
        }
    }

    private static String withoutSuffix(String kind) {
        return kind.endsWith(CHUNK) ? kind.substring(0, kind.length() - CHUNK.length()) : kind;
    }

    private boolean isOpen(String name) {
        var known = document.get(name);
        return JsonTrees.isNothing(known) || known.asText().equals("auto");
    }

    private void putNew(String name, JsonNode value) {
        var known = document.get(name);
        // Azure's first chunk was made at 0, by no model.
        if (JsonTrees.isNothing(known) || (known.isNumber() && known.asLong() == 0)) {
            document.set(name, value);
        }
    }

    private void putTold(String name, JsonNode value) {
        if (!JsonTrees.isNothing(value) || !document.has(name)) {
            document.set(name, value);
        }
    }

    /** The last one that counts tokens; what tells something else adds to it. */
    private void usage(JsonNode told) {
        var known = document.get("usage");
        if (told.has("prompt_tokens") || told.has("completion_tokens") || !(known instanceof ObjectNode before)) {
            putTold("usage", told);
        } else if (told instanceof ObjectNode more) {
            before.setAll(more);
        }
    }

    private void choices(JsonNode told) {
        if (!document.has("choices")) {
            document.putArray("choices");
        }
        var place = 0;
        for (var choice : told) {
            var number = choice.get("index");
            var index =
                    number != null && number.isIntegralNumber() ? Math.clamp(number.asLong(), 0, MAX_CHOICES) : place;
            place++;
            if (choice instanceof ObjectNode object && index < MAX_CHOICES) {
                choice(index, object);
            }
        }
    }

    private void choice(int index, ObjectNode told) {
        var choice = choices.computeIfAbsent(index, number -> JsonTrees.object().put("index", number));
        for (var field : told.properties()) {
            var value = field.getValue();
            switch (field.getKey()) {
                case "index" -> {}
                case "delta", "message" -> {
                    if (value instanceof ObjectNode delta) {
                        DeltaMerge.merge(JsonTrees.objectAt(choice, "message"), delta);
                    }
                }
                case "text" -> {
                    if (value.isTextual()) {
                        JsonTrees.append(choice, "text", value.textValue());
                    }
                }
                default -> extra(choice, field.getKey(), value);
            }
        }
    }

    /** Reasons are told once; of lists (log probabilities, tokens) each chunk tells its own. */
    private static void extra(ObjectNode choice, String name, JsonNode value) {
        var known = choice.get(name);
        if (value instanceof ArrayNode more && known instanceof ArrayNode before) {
            before.addAll(more);
        } else if (value instanceof ObjectNode more && known instanceof ObjectNode before) {
            more.properties().forEach(field -> extra(before, field.getKey(), field.getValue()));
        } else if (!value.isNull() || known == null) {
            choice.set(name, value);
        }
    }

    @Override
    public @Nullable ObjectNode told() {
        if (document.isEmpty()) {
            return null;
        }
        if (document.get("choices") instanceof ArrayNode all) {
            all.removeAll();
            choices.values().forEach(choice -> all.add(withoutNumbers(choice)));
        }
        return document;
    }

    /** Only in a stream calls have numbers. */
    private static ObjectNode withoutNumbers(ObjectNode choice) {
        if (choice.path("message").get("tool_calls") instanceof ArrayNode calls) {
            for (var call : calls) {
                if (call instanceof ObjectNode object) {
                    object.remove("index");
                }
            }
        }
        return choice;
    }
}

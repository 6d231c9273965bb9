package dev.sluice.wire.bedrock;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.wire.JsonTrees;
import dev.sluice.wire.Retelling;
import dev.sluice.wire.chat.ChatRetelling;
import dev.sluice.wire.messages.MessagesRetelling;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An answer of InvokeModel's, in the format of whose model it is: the first event that has something of it shows. */
final class VendorRetelling implements Retelling {
    /** Nova's events are Converse's, each in an object of its name. */
    private static final Set<String> NOVA = Set.of(
            "messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata");

    private @Nullable Retelling vendor;

    @Override
    public void take(ObjectNode event) {
        var known = vendor == null ? vendor(event) : vendor;
        vendor = known;
        if (known instanceof ConverseRetelling) {
            for (var field : event.properties()) {
                known.take(
                        NOVA.contains(field.getKey()) && field.getValue() instanceof ObjectNode inner
                                ? inner
                                : JsonTrees.object().set(field.getKey(), field.getValue()));
            }
        } else {
            known.take(event);
        }
    }

    private static Retelling vendor(ObjectNode event) {
        if (event.path("type").isTextual()) {
            return new MessagesRetelling();
        }
        if (event.has("choices")) {
            return new ChatRetelling();
        }
        return NOVA.stream().anyMatch(event::has) ? new ConverseRetelling() : new Texts();
    }

    @Override
    public void fail(String type, ObjectNode event) {
        var known = vendor == null ? new Texts() : vendor;
        vendor = known;
        known.take(JsonTrees.object().set(type, event));
    }

    @Override
    public @Nullable ObjectNode told() {
        return vendor == null ? null : vendor.told();
    }

    /** Llama, Titan, Mistral, Cohere: a piece of text in each event, and everything else when it is known. */
    private static final class Texts implements Retelling {
        private static final Set<String> PIECES = Set.of("generation", "outputText", "text");

        private final ObjectNode document = JsonTrees.object();

        @Override
        public void take(ObjectNode event) {
            add(document, event);
        }

        private static void add(ObjectNode known, ObjectNode told) {
            for (var field : told.properties()) {
                add(known, field.getKey(), field.getValue());
            }
        }

        private static void add(ObjectNode known, String name, JsonNode value) {
            if (PIECES.contains(name) && value.isTextual()) {
                JsonTrees.append(known, name, value.textValue());
            } else if (name.equals("outputs") && value instanceof ArrayNode outputs) {
                addOutputs(JsonTrees.arrayAt(known, name), outputs);
            } else if (!value.isNull() || !known.has(name)) {
                known.set(name, value);
            }
        }

        private static void addOutputs(ArrayNode known, ArrayNode told) {
            for (int at = 0; at < told.size(); at++) {
                if (told.get(at) instanceof ObjectNode output) {
                    add(known.get(at) instanceof ObjectNode begun ? begun : known.addObject(), output);
                }
            }
        }

        @Override
        public void fail(String type, ObjectNode event) {
            document.set(type, event);
        }

        @Override
        public @Nullable ObjectNode told() {
            if (JsonTrees.isText(document.get("outputText"))) {
                // Where Titan's documents have it.
                var result = JsonTrees.object();
                move("totalOutputTextTokenCount", "tokenCount", result);
                move("outputText", "outputText", result);
                move("completionReason", "completionReason", result);
                document.remove("index");
                document.putArray("results").add(result);
            }
            return document.isEmpty() ? null : document;
        }

        private void move(String name, String there, ObjectNode to) {
            var value = document.remove(name);
            if (value != null) {
                to.set(there, value);
            }
        }
    }
}

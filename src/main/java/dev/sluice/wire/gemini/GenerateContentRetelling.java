package dev.sluice.wire.gemini;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.wire.JsonTrees;
import dev.sluice.wire.Retelling;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Gemini's answer, put together from its chunks. */
public final class GenerateContentRetelling implements Retelling {
    /** Nobody answers with more candidates; those beyond are not followed. */
    private static final int MAX_CANDIDATES = 1024;

    private final ObjectNode document = JsonTrees.object();
    private final TreeMap<Integer, Candidate> candidates = new TreeMap<>();
    private final PartialArguments.Room room = new PartialArguments.Room();

    @Override
    public boolean takesArrays() {
        return true;
    }

    @Override
    public void take(ObjectNode event) {
        event.properties().forEach(field -> take(field.getKey(), field.getValue()));
    }

    @Override
    public void fail(String type, ObjectNode event) {
        if (event.has("error")) {
            take(event);
        } else {
            document.set("error", event);
        }
    }

    private void take(String name, JsonNode value) {
        switch (name) {
            case "candidates" -> candidates(value);
            case "usageMetadata" -> usage(value);
            case "modelVersion", "responseId", "createTime" -> {
                if (JsonTrees.isNothing(document.get(name))) {
                    document.set(name, value);
                }
            }
            default -> {
                if (!JsonTrees.isNothing(value) || !document.has(name)) {
                    document.set(name, value);
                }
            }
        }
    }

    /** The last one that counts the prompt; what tells something else adds to it. */
    private void usage(JsonNode told) {
        if (told.has("promptTokenCount") || !(document.get("usageMetadata") instanceof ObjectNode known)) {
            document.set("usageMetadata", told);
        } else if (told instanceof ObjectNode more) {
            known.setAll(more);
        }
    }

    private void candidates(JsonNode told) {
        if (!document.has("candidates")) {
            document.putArray("candidates");
        }
        var place = 0;
        for (var candidate : told) {
            var number = candidate.get("index");
            var index = number != null && number.isIntegralNumber()
                    ? Math.clamp(number.asLong(), 0, MAX_CANDIDATES)
                    : place;
            place++;
            if (candidate instanceof ObjectNode object && index < MAX_CANDIDATES) {
                candidates.computeIfAbsent(index, _ -> new Candidate(room)).take(object);
            }
        }
    }

    @Override
    public @Nullable ObjectNode told() {
        if (document.isEmpty()) {
            return null;
        }
        if (document.get("candidates") instanceof ArrayNode all) {
            all.removeAll();
            candidates.values().forEach(candidate -> all.add(candidate.told()));
        }
        return document;
    }

    /** One of the answers. */
    private static final class Candidate {
        private final PartialArguments.Room room;
        private final ObjectNode told = JsonTrees.object();
        private final OpenCall call = new OpenCall();

        Candidate(PartialArguments.Room room) {
            this.room = room;
        }

        void take(ObjectNode more) {
            for (var field : more.properties()) {
                var value = field.getValue();
                switch (field.getKey()) {
                    case "content" -> {
                        if (value instanceof ObjectNode content) {
                            content(content);
                        }
                    }
                    case "groundingMetadata" -> {
                        if (value instanceof ObjectNode metadata) {
                            grounding(metadata);
                        }
                    }
                    default -> put(told, field.getKey(), value);
                }
            }
        }

        private static void put(ObjectNode known, String name, JsonNode value) {
            if (!JsonTrees.isNothing(value) || !known.has(name)) {
                known.set(name, value);
            }
        }

        /** Told in several pieces, or again: of two lists the longer one holds. */
        private void grounding(ObjectNode more) {
            var known = JsonTrees.objectAt(told, "groundingMetadata");
            for (var field : more.properties()) {
                var isShorter = known.get(field.getKey()) instanceof ArrayNode before
                        && field.getValue().size() < before.size();
                if (!isShorter) {
                    put(known, field.getKey(), field.getValue());
                }
            }
        }

        private void content(ObjectNode more) {
            var content = JsonTrees.objectAt(told, "content");
            for (var field : more.properties()) {
                if (!field.getKey().equals("parts")) {
                    put(content, field.getKey(), field.getValue());
                } else if (field.getValue() instanceof ArrayNode told) {
                    var parts = JsonTrees.arrayAt(content, "parts");
                    told.forEach(part -> part(parts, part));
                }
            }
        }

        private void part(ArrayNode parts, JsonNode told) {
            if (!(told instanceof ObjectNode part)) {
                return;
            }
            if (part.get("functionCall") instanceof ObjectNode function) {
                if (call.take(part, function, room)) {
                    parts.add(part);
                }
            } else if (!continues(parts, part)) {
                parts.add(part);
            }
        }

        /** Whether a part of text went into the one before it. */
        private static boolean continues(ArrayNode parts, ObjectNode part) {
            var last = parts.get(parts.size() - 1);
            var text = part.path("text").textValue();
            if (last == null || text == null) {
                return false;
            }
            var isPlain = isPlainText(part);
            if (last instanceof ObjectNode before
                    && isPlainText(before)
                    && before.path("thought").asBoolean()
                            == part.path("thought").asBoolean()) {
                if (isPlain) {
                    JsonTrees.append(before, "text", text);
                    return true;
                }
                if (text.isEmpty()) {
                    // A stream sends the signature of a text behind it.
                    part.remove("text");
                    before.setAll(part);
                    return true;
                }
            }
            return isPlain && text.isEmpty();
        }

        /** What a signature seals must not grow. */
        private static boolean isPlainText(ObjectNode part) {
            return JsonTrees.isText(part.get("text")) && part.size() == (part.has("thought") ? 2 : 1);
        }

        ObjectNode told() {
            call.close();
            return told;
        }
    }

    /** A call whose arguments may come in pieces, the name with the first, an empty one at the end. */
    private static final class OpenCall {
        private @Nullable ObjectNode part;
        private @Nullable PartialArguments arguments;

        /** Whether the part begins a call. */
        boolean take(ObjectNode told, ObjectNode function, PartialArguments.Room room) {
            if (!JsonTrees.isNothing(function.get("name"))) {
                close();
                part = told;
                arguments = function.has("args") ? null : new PartialArguments(room);
                takePieces(function);
                return true;
            }
            var open = part;
            if (open == null || arguments == null) {
                // A piece of nothing, unless it says something else.
                return !function.isEmpty();
            }
            told.remove("functionCall");
            open.setAll(told);
            if (function.path("partialArgs").isEmpty()) {
                close();
            } else {
                takePieces(function);
            }
            return false;
        }

        private void takePieces(ObjectNode function) {
            if (arguments != null) {
                for (var piece : function.path("partialArgs")) {
                    take(arguments, piece);
                }
            }
        }

        private static void take(PartialArguments arguments, JsonNode piece) {
            var path = piece.path("jsonPath").asText();
            if (piece.path("stringValue").isTextual()) {
                arguments.text(path, piece.path("stringValue").textValue());
            } else if (piece.path("numberValue").isNumber()) {
                arguments.scalar(path, piece.path("numberValue").toString());
            } else if (piece.path("boolValue").isBoolean()) {
                arguments.scalar(path, piece.path("boolValue").toString());
            } else {
                arguments.scalar(path, "null");
            }
        }

        void close() {
            if (part != null && arguments != null && part.get("functionCall") instanceof ObjectNode function) {
                function.remove("partialArgs");
                function.remove("willContinue");
                if (!arguments.isEmpty()) {
                    JsonTrees.putArguments(function, "args", arguments.json());
                }
            }
            part = null;
            arguments = null;
        }
    }
}

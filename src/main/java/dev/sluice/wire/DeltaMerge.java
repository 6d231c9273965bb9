package dev.sluice.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Puts together what comes in deltas of OpenAI's kind, known or not: texts grow, objects are merged, elements of arrays are told apart by their
 * {@code index}, and everything else is what was said last. It is how the official clients read them.
 */
public final class DeltaMerge {
    /** They name something, and do so once. */
    private static final Set<String> NAMES =
            Set.of("role", "type", "id", "call_id", "name", "format", "status", "object");

    /** Among more elements nobody looks for one by its index: they are only kept. */
    private static final int MAX_INDEXED = 1_000;

    private DeltaMerge() {}

    /** Adds a delta to what is known. */
    public static void merge(ObjectNode known, ObjectNode delta) {
        for (var field : delta.properties()) {
            merge(known, field.getKey(), field.getValue());
        }
    }

    private static void merge(ObjectNode known, String name, JsonNode value) {
        var old = known.get(name);
        switch (value) {
            case ObjectNode object -> merge(old instanceof ObjectNode begun ? begun : known.putObject(name), object);
            case ArrayNode array -> elements(known, name).add(array);
            default -> {
                if (value.isNull()) {
                    if (old == null) {
                        known.set(name, value);
                    }
                } else if (value.isTextual()) {
                    text(known, name, old, value.textValue());
                } else {
                    known.set(name, value);
                }
            }
        }
    }

    private static void text(ObjectNode known, String name, @Nullable JsonNode old, String more) {
        if (NAMES.contains(name)) {
            if (JsonTrees.isNothing(old)) {
                known.put(name, more);
            }
        } else if (old instanceof ArrayNode parts) {
            // Content may come as text here and in parts there.
            if (!more.isEmpty()) {
                parts.addObject().put("type", "text").put("text", more);
            }
        } else {
            JsonTrees.append(known, name, more);
        }
    }

    private static Elements elements(ObjectNode known, String name) {
        var before = JsonTrees.text(known, name);
        var array = JsonTrees.arrayAt(known, name);
        if (before != null && !before.isEmpty() && array.isEmpty()) {
            array.addObject().put("type", "text").put("text", before);
        }
        return new Elements(array);
    }

    private record Elements(ArrayNode known) {
        void add(ArrayNode more) {
            more.forEach(this::addOne);
        }

        private void addOne(JsonNode element) {
            var begun = element instanceof ObjectNode piece && known.size() < MAX_INDEXED ? begunBy(piece) : null;
            if (begun != null) {
                merge(begun, (ObjectNode) element);
            } else if (element instanceof ObjectNode piece) {
                merge(known.addObject(), piece);
            } else {
                known.add(element);
            }
        }

        /** The element that a piece belongs to; null when it begins one. */
        private @Nullable ObjectNode begunBy(ObjectNode piece) {
            var index = piece.get("index");
            var isNumbered = index != null && index.isIntegralNumber();
            if (!isNumbered && (!isCall(piece) || begins(piece))) {
                return null;
            }
            for (int at = known.size() - 1; at >= 0; at--) {
                if (known.get(at) instanceof ObjectNode element
                        && (isNumbered ? index.equals(element.get("index")) : element.get("index") == null)) {
                    // Some servers number all calls 0 and send each one whole.
                    return isAnother(piece, element) ? null : element;
                }
            }
            return null;
        }

        private static boolean isCall(ObjectNode piece) {
            return piece.has("function") || piece.has("custom");
        }

        private static boolean begins(ObjectNode piece) {
            return !JsonTrees.isNothing(piece.get("id"))
                    || !JsonTrees.isNothing(piece.at("/function/name"))
                    || !JsonTrees.isNothing(piece.at("/custom/name"));
        }

        private static boolean isAnother(ObjectNode piece, ObjectNode element) {
            var id = piece.get("id");
            return !JsonTrees.isNothing(id) && !JsonTrees.isNothing(element.get("id")) && !id.equals(element.get("id"));
        }
    }
}

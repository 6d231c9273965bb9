package dev.sluice.wire.gemini;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.sluice.wire.AnswerReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A call's arguments put together from pieces, each of which says where it belongs: {@code $.city}, {@code $.files[0].name}. A text may come
 * in several pieces. Bounded in depth, in number and in text; what is beyond that, or stands nowhere, is left out.
 */
final class PartialArguments {
    private static final int MAX_DEPTH = 32;
    private static final int MAX_VALUES = 10_000;

    /** What is left of one answer's bounds, which all its calls share. */
    static final class Room {
        private int values = MAX_VALUES;
        private int characters = AnswerReader.MAX_ARGUMENT_BYTES;

        private boolean takeValue() {
            return --values >= 0;
        }

        private boolean takeText(int length) {
            characters -= length;
            return characters >= 0;
        }
    }

    private final Map<String, Object> root = new LinkedHashMap<>();
    private final Room room;

    PartialArguments(Room room) {
        this.room = room;
    }

    boolean isEmpty() {
        return root.isEmpty();
    }

    /** Adds to a text. */
    @SuppressWarnings("UnnecessaryStringBuilder") // A text comes in hundreds of pieces.
    void text(String path, String more) {
        if (room.takeText(more.length())) {
            put(path, old -> old instanceof StringBuilder text ? text.append(more) : new StringBuilder(more));
        }
    }

    /** Takes a number, a truth or null, as JSON. */
    void scalar(String path, String json) {
        put(path, old -> json);
    }

    private void put(String path, UnaryOperator<@Nullable Object> value) {
        var steps = steps(path);
        if (steps == null || steps.isEmpty() || !(steps.getFirst() instanceof String)) {
            return;
        }
        Object place = root;
        for (var i = 0; i < steps.size() - 1; i++) {
            var inside = steps.get(i + 1) instanceof String;
            place = change(
                    place,
                    steps.get(i),
                    old -> (inside ? old instanceof Map : old instanceof List) ? old : empty(inside));
            if (place == null) {
                return;
            }
        }
        change(place, steps.getLast(), value);
    }

    private static Object empty(boolean object) {
        return object ? new LinkedHashMap<String, Object>() : new ArrayList<Object>();
    }

    /** Changes what stands at one step, and answers what stands there then; null where nothing can stand. */
    @SuppressWarnings("unchecked") // Built here, of nothing else.
    private @Nullable Object change(Object place, Object step, UnaryOperator<@Nullable Object> value) {
        if (place instanceof Map<?, ?> && step instanceof String name) {
            var object = (Map<String, Object>) place;
            if (!object.containsKey(name) && !(room.takeValue() && room.takeText(name.length()))) {
                return null;
            }
            return object.compute(name, (key, old) -> value.apply(old));
        }
        if (place instanceof List<?> && step instanceof Integer index) {
            var array = (List<Object>) place;
            if (index > array.size() || (index == array.size() && !room.takeValue())) {
                return null;
            }
            var changed = value.apply(index < array.size() ? array.get(index) : null);
            if (changed == null) {
                return null;
            }
            if (index < array.size()) {
                array.set(index, changed);
            } else {
                array.add(changed);
            }
            return changed;
        }
        return null;
    }

    /** Names and indexes, in order; null for a path that is none of the simple kind. */
    private static @Nullable List<Object> steps(String path) {
        if (!path.startsWith("$")) {
            return null;
        }
        var steps = new ArrayList<Object>();
        var at = 1;
        while (at < path.length()) {
            if (steps.size() == MAX_DEPTH) {
                return null;
            }
            var end = path.charAt(at) == '.' ? endOfName(path, at + 1) : path.indexOf(']', at);
            var step = path.charAt(at) == '.'
                    ? name(path.substring(at + 1, end))
                    : path.charAt(at) == '[' && end > at ? subscript(path.substring(at + 1, end)) : null;
            if (step == null) {
                return null;
            }
            steps.add(step);
            at = path.charAt(at) == '.' ? end : end + 1;
        }
        return steps;
    }

    private static int endOfName(String path, int from) {
        var at = from;
        while (at < path.length() && path.charAt(at) != '.' && path.charAt(at) != '[') {
            at++;
        }
        return at;
    }

    private static @Nullable Object name(String text) {
        return text.isEmpty() ? null : text;
    }

    /** {@code 0}, or a name in quotes. */
    private static @Nullable Object subscript(String text) {
        if (text.length() >= 2 && (text.charAt(0) == '\'' || text.charAt(0) == '"')) {
            return text.substring(1, text.length() - 1);
        }
        var isIndex = !text.isEmpty() && text.length() <= 6 && text.chars().allMatch(c -> c >= '0' && c <= '9');
        return isIndex ? (Object) Integer.valueOf(text) : null;
    }

    /** All that was put together, as JSON. */
    String json() {
        var json = new StringBuilder();
        write(root, json);
        return json.toString();
    }

    private static void write(Object value, StringBuilder json) {
        switch (value) {
            case Map<?, ?> object -> {
                var separator = "{";
                for (var entry : object.entrySet()) {
                    json.append(separator).append('"');
                    quote((String) entry.getKey(), json);
                    json.append("\":");
                    write(entry.getValue(), json);
                    separator = ",";
                }
                json.append(object.isEmpty() ? "{}" : "}");
            }
            case List<?> array -> {
                var separator = "[";
                for (var element : array) {
                    json.append(separator);
                    write(element, json);
                    separator = ",";
                }
                json.append(array.isEmpty() ? "[]" : "]");
            }
            case StringBuilder text -> {
                json.append('"');
                quote(text, json);
                json.append('"');
            }
            default -> json.append(value);
        }
    }

    private static void quote(CharSequence text, StringBuilder json) {
        JsonStringEncoder.getInstance().quoteAsString(text, json);
    }
}

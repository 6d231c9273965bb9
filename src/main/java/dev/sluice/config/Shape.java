package dev.sluice.config;

import static java.util.Objects.requireNonNull;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What may stand in one place of the document. A record is an object with those keys and no others, a {@link Map} one whose
 * keys the operator chooses, a {@link List} an array; {@link Object} is anything.
 *
 * <p>The records are never made. They are the one list of keys there is: a reader that asks for a key which is not among them
 * fails, every other key is unknown, and the JSON Schema is generated from them. So none of the three can tell another story.
 */
record Shape(Type type) {
    /** A record of which this is true may have keys beyond its own. */
    interface Open {}

    /** A string, which may hold several patterns with spaces between them, or an array of such. */
    interface Patterns {}

    private static final Pattern HUMP = Pattern.compile("(?<=[a-z0-9])(?=[A-Z])");

    // Reflection is dear, and what callers carry is read with requests.
    private static final ClassValue<Map<String, RecordComponent>> KEYS = new ClassValue<>() {
        @Override
        protected Map<String, RecordComponent> computeValue(Class<?> type) {
            var keys = new LinkedHashMap<String, RecordComponent>();
            for (var component : type.getRecordComponents()) {
                keys.put(name(component), component);
            }
            return Ordered.copy(keys);
        }
    };

    /** Whether this is an object whose keys are given. */
    boolean isRecord() {
        return type instanceof Class<?> plain && plain.isRecord();
    }

    boolean isOpen() {
        return !isRecord() || Open.class.isAssignableFrom((Class<?>) type);
    }

    /** Its own keys, in the order in which people write them; none unless it is a record. */
    Set<String> keys() {
        return isRecord() ? KEYS.get((Class<?>) type).keySet() : Set.of();
    }

    boolean has(String key) {
        return isOpen() || keys().contains(key);
    }

    /** What may stand at a key. */
    Shape member(String key) {
        if (keys().contains(key)) {
            return new Shape(component(key).getGenericType());
        }
        if (isRecord() && !isOpen()) {
            throw new IllegalArgumentException(type.getTypeName() + " has no key " + key);
        }
        return argument(Map.class, 1);
    }

    /** What may stand in an array of this. */
    Shape item() {
        return argument(List.class, 0);
    }

    /** What is known about a key; {@link #has} must hold, and it must not be one of the operator's. */
    Key key(String key) {
        return requireNonNull(component(key).getAnnotation(Key.class), key);
    }

    /** Every word that may stand at a key; empty when any may. */
    List<String> words(String key) {
        return keys().contains(key) ? List.of(key(key).oneOf()) : List.of();
    }

    private RecordComponent component(String key) {
        return requireNonNull(KEYS.get((Class<?>) type).get(key), key);
    }

    private Shape argument(Class<?> raw, int index) {
        return type instanceof ParameterizedType generic && generic.getRawType().equals(raw)
                ? new Shape(generic.getActualTypeArguments()[index])
                : new Shape(Object.class);
    }

    private static String name(RecordComponent component) {
        var key = requireNonNull(component.getAnnotation(Key.class), component::toString);
        return key.name().isEmpty()
                ? String.join("_", Arrays.asList(HUMP.split(component.getName(), -1)))
                        .toLowerCase(Locale.ROOT)
                : key.name();
    }
}

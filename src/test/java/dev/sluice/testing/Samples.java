package dev.sluice.testing;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;

/** Records with something in every field, always the same. */
public final class Samples {
    private final ActorRef<?> ref;

    /** @param ref wherever one is needed */
    public Samples(ActorRef<?> ref) {
        this.ref = ref;
    }

    /** One of a kind. */
    public Object of(Type type) throws ReflectiveOperationException {
        if (type instanceof ParameterizedType parameterized) {
            var arguments = parameterized.getActualTypeArguments();
            return switch (((Class<?>) parameterized.getRawType()).getSimpleName()) {
                case "List", "Collection" -> List.of(of(arguments[0]));
                case "Set" -> Set.of(of(arguments[0]));
                case "Map" -> Map.of(of(arguments[0]), of(arguments[1]));
                case "Optional" -> Optional.of(of(arguments[0]));
                case "ActorRef" -> ref;
                default -> throw new IllegalArgumentException("no sample of " + type);
            };
        }
        return ofClass((Class<?>) type);
    }

    private Object ofClass(Class<?> type) throws ReflectiveOperationException {
        if (type == String.class) {
            return "text";
        } else if (type == long.class || type == Long.class) {
            return 3_000_000_007L;
        } else if (type == int.class || type == Integer.class) {
            return 207;
        } else if (type == boolean.class || type == Boolean.class) {
            return true;
        } else if (type == double.class || type == Double.class) {
            return 0.5;
        } else if (type == Instant.class) {
            return Instant.parse("2026-11-21T12:00:00.123456Z");
        } else if (type == Duration.class) {
            return Duration.ofMillis(2_500);
        } else if (type.isEnum()) {
            return type.getEnumConstants()[0];
        } else if (type.isSealed()) {
            return of(type.getPermittedSubclasses()[0]);
        } else if (type.isRecord()) {
            return ofRecord(type);
        }
        throw new IllegalArgumentException("no sample of " + type);
    }

    private Object ofRecord(Class<?> type) throws ReflectiveOperationException {
        var components = type.getRecordComponents();
        var values = new Object[components.length];
        for (var i = 0; i < components.length; i++) {
            values[i] = of(components[i].getGenericType());
        }
        var constructor = type.getDeclaredConstructor(
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
        constructor.setAccessible(true);
        try {
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            throw new IllegalArgumentException("no sample of " + type + ": " + e.getCause(), e);
        }
    }
}

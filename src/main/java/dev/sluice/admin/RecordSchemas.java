package dev.sluice.admin;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** JSON Schemas of records, as {@link Json} writes them: every component is there, and only those marked so are ever null. */
final class RecordSchemas {
    private final ObjectNode schemas = JsonNodeFactory.instance.objectNode();
    private final Map<Class<?>, String> names = new HashMap<>();

    /** All that were referred to, by name. */
    ObjectNode schemas() {
        return schemas;
    }

    ObjectNode reference(Class<?> type) {
        var name = names.get(type);
        if (name == null) {
            name = name(type);
            names.put(type, name);
            schemas.set(name, JsonNodeFactory.instance.objectNode()); // its place, for records that hold themselves
            schemas.set(name, object(type));
        }
        return JsonNodeFactory.instance.objectNode().put("$ref", "#/components/schemas/" + name);
    }

    static ObjectNode scalar(Class<?> type) {
        var node = JsonNodeFactory.instance.objectNode();
        if (type == String.class) {
            return node.put("type", "string");
        }
        if (type == long.class || type == Long.class || type == int.class || type == Integer.class) {
            return node.put("type", "integer");
        }
        if (type == boolean.class || type == Boolean.class) {
            return node.put("type", "boolean");
        }
        if (type == BigDecimal.class) {
            return node.put("type", "number");
        }
        if (type == Object.class) {
            return node;
        }
        throw new IllegalArgumentException(
                type + " (expected: String, long, int, boolean, BigDecimal, Object, List, Map or a record)");
    }

    /** The enclosing class helps where two have one name. */
    private String name(Class<?> type) {
        var simple = type.getSimpleName();
        if (!names.containsValue(simple)) {
            return simple;
        }
        var enclosing = type.getEnclosingClass();
        var longer = (enclosing == null ? "" : enclosing.getSimpleName().replace("Endpoints", "")) + simple;
        if (names.containsValue(longer)) {
            throw new IllegalArgumentException(type + ": another record is called " + longer + ", too");
        }
        return longer;
    }

    private ObjectNode object(Class<?> type) {
        if (!type.isRecord()) {
            throw new IllegalArgumentException(type + " (expected: a record)");
        }
        var node = JsonNodeFactory.instance.objectNode().put("type", "object");
        var required = node.putArray("required");
        var properties = node.putObject("properties");
        for (var component : type.getRecordComponents()) {
            var name = Json.nameOf(type, component.getName());
            if (!isLeftOut(type, component)) {
                required.add(name);
            }
            properties.set(name, member(component));
        }
        return node.put("additionalProperties", false);
    }

    /** Whether a null is nothing at all. */
    private static boolean isLeftOut(Class<?> type, RecordComponent component) {
        var include = type.getAnnotation(JsonInclude.class);
        return include != null
                && include.value() == JsonInclude.Include.NON_NULL
                && component.getAnnotatedType().isAnnotationPresent(Nullable.class);
    }

    private ObjectNode member(RecordComponent component) {
        var type = component.getAnnotatedType();
        var schema = schema(type);
        if (!type.isAnnotationPresent(Nullable.class)) {
            return schema;
        }
        var node = JsonNodeFactory.instance.objectNode();
        node.putArray("anyOf").add(schema).addObject().put("type", "null");
        return node;
    }

    private ObjectNode schema(AnnotatedType type) {
        if (type instanceof AnnotatedParameterizedType generic && type.getType() instanceof ParameterizedType plain) {
            var inner = schema(generic.getAnnotatedActualTypeArguments()[plain.getActualTypeArguments().length - 1]);
            var node = JsonNodeFactory.instance.objectNode();
            if (plain.getRawType() == List.class) {
                return node.put("type", "array").set("items", inner);
            }
            if (plain.getRawType() == Map.class) {
                return node.put("type", "object").set("additionalProperties", inner);
            }
        }
        var raw = (Class<?>) type.getType();
        return raw.isRecord() ? reference(raw) : scalar(raw);
    }
}

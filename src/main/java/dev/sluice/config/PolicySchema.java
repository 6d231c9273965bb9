package dev.sluice.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.ParameterizedType;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The JSON Schema (2020-12) of the policy document, made from the records that the readers are held to.
 *
 * <p>It never refuses what {@link PolicyDocument} reads without a finding: so {@code null} may stand where nothing must, and
 * wherever a string must be one of some words or match a pattern, a macro of the environment may stand as well.
 */
public final class PolicySchema {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String MACRO = "\\$\\{";

    private final ObjectNode definitions = JSON.createObjectNode();
    private final Set<String> defined = new HashSet<>();

    private PolicySchema() {}

    /** The schema, laid out for people. */
    public static String text() {
        try {
            var indenter = new DefaultIndenter("  ", "\n");
            var printer = new DefaultPrettyPrinter();
            printer.indentObjectsWith(indenter);
            return JSON.writer(printer).writeValueAsString(new PolicySchema().document()) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree that was built here cannot be printed", e);
        }
    }

    private ObjectNode document() {
        var document = JSON.createObjectNode();
        document.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        document.put("title", "Sluice policy");
        document.put("description", "The policy document: who may use what, and what it may cost. HuJSON.");
        document.setAll(object(DocumentShape.ROOT));
        document.put("type", "object");
        document.set("$defs", definitions);
        return document;
    }

    private ObjectNode object(Shape shape) {
        var node = JSON.createObjectNode();
        node.putArray("type").add("object").add("null");
        var properties = node.putObject("properties");
        var required = new ArrayList<String>();
        for (var name : shape.keys()) {
            var key = shape.key(name);
            properties.set(name, property(shape.member(name), key));
            if (key.required()) {
                required.add(name);
            }
        }
        if (!required.isEmpty()) {
            required.forEach(node.putArray("required")::add);
        }
        if (!shape.isOpen()) {
            node.put("additionalProperties", false);
        }
        return node;
    }

    private ObjectNode property(Shape shape, Key key) {
        var node = JSON.createObjectNode();
        node.put("description", key.value());
        node.setAll(value(shape, key));
        if (!key.usual().isEmpty()) {
            node.set("default", json(key.usual()));
        }
        if (key.deprecated()) {
            node.put("deprecated", true);
        }
        return node;
    }

    private ObjectNode value(Shape shape, Key key) {
        if (shape.type() instanceof ParameterizedType generic) {
            return generic.getRawType().equals(Map.class)
                    ? map(shape)
                    : typed("array", key).set("items", items(shape.item(), key));
        }
        return shape.isRecord() ? reference(shape) : scalar(shape, key);
    }

    private ObjectNode items(Shape item, Key key) {
        return item.isRecord() || key.oneOf().length == 0 ? plain(item) : words(key, false);
    }

    private ObjectNode map(Shape map) {
        var node = JSON.createObjectNode();
        node.putArray("type").add("object").add("null");
        node.set("additionalProperties", plain(map.member("any")));
        return node;
    }

    /** Something about which no key says more. */
    private ObjectNode plain(Shape shape) {
        if (shape.isRecord()) {
            return reference(shape);
        }
        if (shape.type() instanceof ParameterizedType generic
                && generic.getRawType().equals(Map.class)) {
            return map(shape);
        }
        if (shape.type() instanceof ParameterizedType) {
            var node = JSON.createObjectNode();
            node.putArray("type").add("array").add("null");
            node.set("items", plain(shape.item()));
            return node;
        }
        return shape.type().equals(String.class)
                ? JSON.createObjectNode().put("type", "string")
                : JSON.createObjectNode();
    }

    private ObjectNode reference(Shape shape) {
        var name = ((Class<?>) shape.type()).getSimpleName();
        if (defined.add(name)) {
            definitions.set(name, object(shape));
        }
        return JSON.createObjectNode().put("$ref", "#/$defs/" + name);
    }

    private static ObjectNode scalar(Shape shape, Key key) {
        if (shape.type().equals(String.class)) {
            return string(key);
        }
        if (shape.type().equals(boolean.class)) {
            return typed("boolean", key);
        }
        if (shape.type().equals(int.class) || shape.type().equals(BigDecimal.class)) {
            var node = typed(shape.type().equals(int.class) ? "integer" : "number", key);
            return key.least() == Integer.MIN_VALUE ? node : node.put("minimum", key.least());
        }
        if (shape.type().equals(Shape.Patterns.class)) {
            var node = JSON.createObjectNode();
            node.putArray("type").add("string").add("array").add("null");
            node.putObject("items").put("type", "string");
            return node;
        }
        return JSON.createObjectNode();
    }

    private static ObjectNode string(Key key) {
        if (key.oneOf().length > 0) {
            return words(key, !key.required());
        }
        var node = typed("string", key);
        return key.pattern().isEmpty() ? node : node.put("pattern", "^" + key.pattern() + "$|" + MACRO);
    }

    private static ObjectNode words(Key key, boolean nullable) {
        var node = JSON.createObjectNode();
        var ways = node.putArray("anyOf");
        var words = ways.addObject().putArray("enum");
        List.of(key.oneOf()).forEach(words::add);
        ways.addObject().put("type", "string").put("pattern", MACRO);
        if (nullable) {
            words.addNull();
        }
        return node;
    }

    private static ObjectNode typed(String type, Key key) {
        var node = JSON.createObjectNode();
        if (key.required()) {
            return node.put("type", type);
        }
        node.putArray("type").add(type).add("null");
        return node;
    }

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(text + " (expected: JSON)", e);
        }
    }
}

package dev.sluice.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.POJONode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * JSON as Jackson's trees, for those who come after a stream and may take their time: bounded, numbers as they were, and a text that comes in a
 * hundred thousand pieces is not copied for each.
 */
public final class JsonTrees {
    /** Deep enough for every tool's arguments. */
    private static final int MAX_DEPTH = 512;

    /** Of one answer: a tree takes some fifty bytes for each. */
    private static final long MAX_TOKENS = 8_000_000;

    static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    // All that is read was held to a bound before.
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNestingDepth(MAX_DEPTH)
                    .maxTokenCount(MAX_TOKENS)
                    .build())
            // Names come from providers and clients: they have no business in the JVM's own string table.
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();

    private static final JsonMapper JSON = JsonMapper.builder(FACTORY)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private JsonTrees() {}

    public static ObjectNode object() {
        return JSON.createObjectNode();
    }

    /** The value that a text begins with; null when it begins with none that is whole. */
    public static @Nullable JsonNode read(String text) {
        try {
            var read = JSON.readTree(text);
            return read.isMissingNode() ? null : read;
        } catch (JsonProcessingException _) {
            return null;
        }
    }

    /** Reads the events of one answer, as long as they are no more than is healthy. */
    static final class Reader {
        private long left = MAX_TOKENS;

        /** The value that an event begins with; null when it begins with none that is whole. */
        @Nullable
        JsonNode read(String event) {
            if (left <= 0) {
                return null;
            }
            try (var parser = FACTORY.createParser(event)) {
                var read = JSON.<JsonNode>readTree(parser);
                left -= parser.currentTokenCount();
                return read;
            } catch (IOException _) {
                return null;
            }
        }
    }

    /** The next value of a parser; null behind the last. */
    static @Nullable JsonNode read(JsonParser parser) throws IOException {
        return JSON.readTree(parser);
    }

    /** In UTF-8, also where half a character has lost its other half. */
    static byte[] write(JsonNode tree) {
        try {
            return utf8(JSON.writeValueAsString(tree));
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException("trees can be written", e);
        }
    }

    static byte[] utf8(String text) {
        try {
            var encoded = StandardCharsets.UTF_8
                    .newEncoder()
                    .onMalformedInput(CodingErrorAction.REPLACE)
                    .replaceWith("\uFFFD".getBytes(StandardCharsets.UTF_8))
                    .encode(CharBuffer.wrap(text));
            var bytes = new byte[encoded.remaining()];
            encoded.get(bytes);
            return bytes;
        } catch (CharacterCodingException e) {
            throw new UncheckedIOException("malformed text is replaced", e);
        }
    }

    /** Appends to a text; what else stands there gives way. */
    @SuppressWarnings("UnnecessaryStringBuilder") // It is what grows from here on.
    public static void append(ObjectNode object, String name, String more) {
        var text = object.get(name);
        if (text instanceof POJONode growing && growing.getPojo() instanceof StringBuilder builder) {
            builder.append(more);
        } else if (text instanceof TextNode begun) {
            object.putPOJO(name, new StringBuilder(begun.textValue()).append(more));
        } else {
            object.put(name, more);
        }
    }

    /** A text, also one that was appended to; null when there is none. */
    public static @Nullable String text(ObjectNode object, String name) {
        return switch (object.get(name)) {
            case POJONode growing -> String.valueOf(growing.getPojo());
            case TextNode text -> text.textValue();
            case null, default -> null;
        };
    }

    /** Whether a text stands there, empty or not. */
    public static boolean isText(@Nullable JsonNode node) {
        return node instanceof TextNode || node instanceof POJONode;
    }

    /** Whether there is nothing to be told of it: no value, null, or an empty text, array or object. */
    public static boolean isNothing(@Nullable JsonNode node) {
        if (node == null || node.isNull()) {
            return true;
        }
        return node.isTextual() ? node.textValue().isEmpty() : node.isContainerNode() && node.isEmpty();
    }

    /** The object that stands under a name; a new one where there is none. */
    public static ObjectNode objectAt(ObjectNode owner, String name) {
        return owner.get(name) instanceof ObjectNode known ? known : owner.putObject(name);
    }

    /** The array that stands under a name; a new one where there is none. */
    public static ArrayNode arrayAt(ObjectNode owner, String name) {
        return owner.get(name) instanceof ArrayNode known ? known : owner.putArray(name);
    }

    /** Puts the text of a call's arguments in place as the JSON that it is; one that was cut off, as text. */
    public static void putArguments(ObjectNode owner, String name, String text) {
        var whole = text.isBlank() ? null : read(text);
        if (whole != null) {
            owner.set(name, whole);
        } else if (!text.isEmpty()) {
            owner.put(name, text);
        }
    }
}

package dev.sluice.wire;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** An answer that is one JSON document, or what is left of one. */
final class WholeDocument {
    private static final String MARK = "\uFEFF";

    private WholeDocument() {}

    /** The document itself if it is whole; otherwise as much of it as came, its brackets closed; null when it is none. */
    static byte @Nullable [] of(byte[] plain) {
        var told = new String(plain, StandardCharsets.UTF_8);
        var isMarked = told.startsWith(MARK);
        var text = isMarked ? told.substring(1) : told;
        if (!isWhole(text)) {
            return whatCame(text);
        }
        // Only what is UTF-8 to the letter can be told as it is.
        return isMarked || text.contains("\uFFFD") ? JsonTrees.utf8(text) : plain;
    }

    /** The text that a document is; null for what is none. */
    static @Nullable String textOf(byte[] plain) {
        try {
            var text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(plain))
                    .toString();
            return text.isBlank() ? null : text;
        } catch (CharacterCodingException _) {
            return null;
        }
    }

    static boolean isArray(byte[] plain) {
        for (var c : plain) {
            switch (c) {
                // A byte-order mark passes for white space.
                case ' ', '\t', '\n', '\r', (byte) 0xEF, (byte) 0xBB, (byte) 0xBF -> {}
                default -> {
                    return c == '[';
                }
            }
        }
        return false;
    }

    /** Takes the events of a stream that came as one array. */
    static void forEach(byte[] plain, Retelling retelling) {
        var text = new String(plain, StandardCharsets.UTF_8);
        try (var parser = JsonTrees.FACTORY.createParser(text.startsWith(MARK) ? text.substring(1) : text)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.START_OBJECT) {
                if (JsonTrees.read(parser) instanceof ObjectNode event) {
                    retelling.take(event);
                }
            }
        } catch (IOException _) {
            // What came before it broke off was told.
        }
    }

    private static boolean isWhole(String text) {
        try (var parser = BodyCursor.JSON.createParser(text)) {
            if (!isStart(parser.nextToken())) {
                return false;
            }
            parser.skipChildren();
            return parser.nextToken() == null;
        } catch (IOException _) {
            return false;
        }
    }

    private static boolean isStart(@Nullable JsonToken token) {
        return token != null && token.isStructStart();
    }

    private static byte @Nullable [] whatCame(String text) {
        var copy = new StringWriter();
        try (var out = BodyCursor.JSON.createGenerator(copy);
                var parser = BodyCursor.JSON.createParser(text)) {
            if (!isStart(parser.nextToken())) {
                return null;
            }
            out.copyCurrentEvent(parser);
            String name = null;
            for (var depth = 1; depth > 0; ) {
                var token = nextWhole(parser);
                if (token == JsonToken.FIELD_NAME) {
                    name = parser.currentName();
                    continue;
                }
                // Closing the generator closes what is open, but gives a name no value: so it waits for one.
                if (name != null) {
                    out.writeFieldName(name);
                    name = null;
                }
                out.copyCurrentEventExact(parser);
                depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
            }
        } catch (IOException _) {
            // Here it broke off.
        }
        return copy.getBuffer().isEmpty() ? null : JsonTrees.utf8(copy.toString());
    }

    /** The next token, if all of it is there. */
    private static JsonToken nextWhole(JsonParser parser) throws IOException {
        var token = parser.nextToken();
        if (token == null) {
            throw new IOException("nothing behind an open bracket");
        }
        parser.finishToken();
        return token;
    }
}

package dev.sluice.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Where the one pass over a request's body stands: Jackson's tokens, with byte offsets into the body itself.
 *
 * <p>The body must be UTF-8 to the letter. Readers disagree about anything else (overlong forms, UTF-16, lone
 * surrogates), and a name that we read otherwise than the provider is a way around a grant.
 */
final class BodyCursor implements Closeable {
    /** Deep enough for every tool schema, shallow enough for every provider's parser. */
    static final int MAX_DEPTH = 1_000;

    /** Ids and keys are short; a longer string is not decoded to look for one. */
    private static final int MAX_SHORT_BYTES = 16 * 1024;

    private static final int DECODER_CHARS = 8 * 1024;

    static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    // A picture in base64 is one string, as long as the body may be; the body is bounded already.
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNestingDepth(MAX_DEPTH)
                    .maxNumberLength(1_000)
                    .maxNameLength(50_000)
                    .build())
            // Names come from clients: they have no business in the JVM's own string table.
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();

    private final byte[] body;
    private final JsonParser parser;
    private final StringScan string = new StringScan();
    private @Nullable FieldWatch watch;

    BodyCursor(byte[] body) throws BadRequest, IOException {
        requireUtf8(body);
        this.body = body;
        this.parser = JSON.createParser(body);
    }

    byte[] body() {
        return body;
    }

    /** Lets somebody see every token from here on, whoever reads or skips it. */
    void watch(FieldWatch eyes) {
        watch = eyes;
    }

    @Nullable
    JsonToken next() throws IOException {
        var token = parser.nextToken();
        if (watch != null && token != null) {
            watch.see(token, this);
        }
        return token;
    }

    /** The current token, which is there because {@link #next} has just returned it. */
    JsonToken token() {
        var token = parser.currentToken();
        if (token == null) {
            throw new IllegalStateException("no token before the first and behind the last");
        }
        return token;
    }

    boolean at(JsonToken token) {
        return parser.currentToken() == token;
    }

    /** The name of the current field; null inside an array. */
    @Nullable
    String name() throws IOException {
        return parser.currentName();
    }

    /** The name of the field that holds the current object; null when there is none. */
    @Nullable
    String ownerName() {
        var object = parser.getParsingContext().getParent();
        return object == null ? null : object.getCurrentName();
    }

    /** Moves on to the next field of the current object and to its value; null at the object's end. */
    @Nullable
    String nextField() throws IOException {
        if (next() != JsonToken.FIELD_NAME) {
            return null;
        }
        var name = parser.currentName();
        next();
        return name;
    }

    /** Moves to the end of the current value: nothing inside it matters. */
    void skip() throws IOException {
        if (watch == null) {
            parser.skipChildren();
            return;
        }
        var depth = 0;
        do {
            switch (token()) {
                case START_OBJECT, START_ARRAY -> depth++;
                case END_OBJECT, END_ARRAY -> depth--;
                default -> {}
            }
        } while (depth > 0 && next() != null);
    }

    /**
     * The names of the fields from the body down to the current one, joined by dots; arrays do not count.
     *
     * @return null when they are more than {@code most}
     */
    @Nullable
    String path(int most) {
        var names = new ArrayDeque<String>();
        // Between two names stands at most one array; who nests more of them means something else.
        var steps = 2 * most + 2;
        for (var context = parser.getParsingContext(); context != null; context = context.getParent()) {
            var name = context.getCurrentName();
            if (name != null && context.inObject()) {
                names.addFirst(name);
            }
            if (names.size() > most || --steps < 0) {
                return null;
            }
        }
        return String.join(".", names);
    }

    /** Byte offset of the current token. */
    int offset() {
        return (int) parser.currentTokenLocation().getByteOffset();
    }

    /** The current string, measured but not decoded. Valid until the next call. */
    StringScan string() {
        string.scan(body, offset());
        return string;
    }

    /** The current value's text when it is a string that may be an id; null when it is anything else, which is skipped. */
    @Nullable
    String shortText() throws IOException {
        if (!at(JsonToken.VALUE_STRING)) {
            skip();
            return null;
        }
        return string().length() <= MAX_SHORT_BYTES ? parser.getText() : null;
    }

    /** The current string, however long. */
    String text() throws IOException {
        return parser.getText();
    }

    /** The current number, if it is whole and fits; null otherwise. */
    @Nullable
    Long wholeNumber() throws IOException {
        if (!at(JsonToken.VALUE_NUMBER_INT) || parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
            return null;
        }
        return parser.getLongValue();
    }

    /** What the current token is, for a person. */
    String kind() throws IOException {
        return switch (token()) {
            case START_OBJECT -> "an object";
            case START_ARRAY -> "an array";
            case VALUE_STRING -> "a string";
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "the number " + cut(parser.getText());
            case VALUE_TRUE -> "true";
            case VALUE_FALSE -> "false";
            case VALUE_NULL -> "null";
            default -> "something else";
        };
    }

    private static String cut(String number) {
        return number.length() <= 32 ? number : number.substring(0, 32) + "...";
    }

    @Override
    public void close() throws IOException {
        parser.close();
    }

    private static void requireUtf8(byte[] body) throws BadRequest {
        // Jackson would take zeros in the first four bytes for UTF-16 or UTF-32 and read on in that.
        for (var i = 0; i < Math.min(4, body.length); i++) {
            if (body[i] == 0) {
                throw new BadRequest("body: not UTF-8 at byte " + i + " (expected: one JSON object in UTF-8)");
            }
        }
        var in = ByteBuffer.wrap(body);
        var out = CharBuffer.allocate(Math.min(body.length, DECODER_CHARS));
        var decoder = StandardCharsets.UTF_8.newDecoder();
        var result = decoder.decode(in, out, true);
        while (result.isOverflow()) {
            out.clear();
            result = decoder.decode(in, out, true);
        }
        if (result.isError()) {
            throw new BadRequest("body: not UTF-8 at byte " + in.position() + " (expected: one JSON object in UTF-8)");
        }
    }
}

package dev.sluice.hook;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** JSON that comes from outside, put into ours byte for byte. */
final class JsonBytes {
    /** A picture in base64 is one string. */
    static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private JsonBytes() {}

    /** Whether it can stand inside other JSON: one value in UTF-8, and nothing after it. */
    static boolean isValue(byte[] bytes) {
        if (bytes.length == 0 || !isPlainUtf8(bytes)) {
            return false;
        }
        try (var parser = FACTORY.createParser(bytes)) {
            if (parser.nextToken() == null) {
                return false;
            }
            parser.skipChildren();
            // Skipping does not look into strings; their end was found, and that is what matters here.
            return parser.nextToken() == null;
        } catch (IOException _) {
            return false;
        }
    }

    /** Jackson also reads UTF-16 and UTF-32, in which one of the first bytes is nothing, and skips a byte order mark. */
    static boolean isPlainUtf8(byte[] bytes) {
        return bytes.length < 2 || (bytes[0] != 0 && bytes[1] != 0 && (bytes[0] & 0xFF) < 0x80);
    }

    /**
     * Writes it as the next value, or null where it is none.
     *
     * @param out what the generator writes to
     */
    static void write(JsonGenerator json, OutputStream out, byte[] value, int most) throws IOException {
        if (value.length > most || !isValue(value)) {
            json.writeNull();
            return;
        }
        json.writeRawValue("");
        json.flush();
        out.write(value);
    }

    /** What a text says, where it is JSON; else the text. */
    static void writeText(JsonGenerator json, OutputStream out, String text) throws IOException {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        if (isValue(bytes)) {
            json.writeRawValue("");
            json.flush();
            out.write(bytes);
        } else {
            json.writeString(text);
        }
    }
}

package dev.sluice.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import org.apache.pekko.util.ByteString;

/** Writes our own errors as frames of AWS's event-stream encoding; {@link EventFrames} says how one looks. */
public final class EventFrame {
    private static final int PRELUDE_BYTES = 12;
    private static final int CHECKSUM_BYTES = 4;
    private static final byte STRING = 7;

    private EventFrame() {}

    /** An exception with a payload in JSON, which makes clients raise. */
    public static ByteString exception(String type, String json) {
        var headers = new LinkedHashMap<String, String>();
        headers.put(":exception-type", type);
        headers.put(":content-type", "application/json");
        headers.put(":message-type", "exception");
        return of(headers, utf8(json));
    }

    static ByteString of(Map<String, String> headers, byte[] payload) {
        int headerBytes = headers.entrySet().stream()
                .mapToInt(header -> 4 + utf8(header.getKey()).length + utf8(header.getValue()).length)
                .sum();
        var bytes = new byte[PRELUDE_BYTES + headerBytes + payload.length + CHECKSUM_BYTES];
        var frame = ByteBuffer.wrap(bytes);
        frame.putInt(bytes.length).putInt(headerBytes);
        frame.putInt(checksum(bytes, frame.position()));
        headers.forEach((name, value) -> header(frame, utf8(name), utf8(value)));
        frame.put(payload);
        frame.putInt(checksum(bytes, frame.position()));
        return ByteString.fromArrayUnsafe(bytes);
    }

    private static void header(ByteBuffer frame, byte[] name, byte[] value) {
        frame.put((byte) name.length)
                .put(name)
                .put(STRING)
                .putShort((short) value.length)
                .put(value);
    }

    private static int checksum(byte[] bytes, int length) {
        var crc = new CRC32();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}

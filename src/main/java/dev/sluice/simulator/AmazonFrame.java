package dev.sluice.simulator;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.CheckedOutputStream;
import org.apache.pekko.util.ByteString;

/** A frame of AWS's event-stream encoding: two lengths and their checksum, headers, payload, the checksum of all. */
final class AmazonFrame {
    private static final int STRING = 7;
    private static final int AROUND = 16;

    private AmazonFrame() {}

    static ByteString event(String type, String json) {
        return frame(":event-type", type, "event", json);
    }

    static ByteString exception(String type, String json) {
        return frame(":exception-type", type, "exception", json);
    }

    private static ByteString frame(String typeHeader, String type, String messageType, String json) {
        try {
            var headers = headers(typeHeader, type, ":content-type", "application/json", ":message-type", messageType);
            var payload = json.getBytes(StandardCharsets.UTF_8);
            var bytes = new ByteArrayOutputStream();
            var checked = new CheckedOutputStream(bytes, new CRC32());
            var out = new DataOutputStream(checked);
            out.writeInt(AROUND + headers.length + payload.length);
            out.writeInt(headers.length);
            out.writeInt((int) checked.getChecksum().getValue());
            out.write(headers);
            out.write(payload);
            out.writeInt((int) checked.getChecksum().getValue());
            return ByteString.fromArrayUnsafe(bytes.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] headers(String... namesAndValues) throws IOException {
        var bytes = new ByteArrayOutputStream();
        var out = new DataOutputStream(bytes);
        for (var i = 0; i < namesAndValues.length; i += 2) {
            out.writeByte(namesAndValues[i].length());
            out.writeBytes(namesAndValues[i]);
            out.writeByte(STRING);
            out.writeShort(namesAndValues[i + 1].length());
            out.writeBytes(namesAndValues[i + 1]);
        }
        return bytes.toByteArray();
    }
}

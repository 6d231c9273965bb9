package dev.sluice.wire;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Finds the frames in bytes of AWS's event-stream encoding, cut anywhere, and hands their payloads on as they come.
 *
 * <p>A frame is two lengths (of all, of the headers), their CRC32, the headers, the payload, and the CRC32 of all before, numbers big
 * endian. What fails a check, or is longer than AWS allows, {@link #broken breaks} the reading for good: behind a length that cannot be
 * trusted nobody knows where the next frame begins.
 */
final class EventFrames {
    private static final int PRELUDE_BYTES = 12;
    private static final int CHECKSUM_BYTES = 4;

    /** What AWS allows. */
    static final int MAX_HEADER_BYTES = 128 * 1024;

    static final int MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;

    private static final byte[] NOTHING = new byte[0];

    /** Hears of frames. */
    interface Listener {
        void begin(FrameHeaders headers);

        /** The next bytes of the payload, good for this call only, and unchecked until the frame has ended. */
        void payload(byte[] bytes, int from, int to);

        /** The frame has ended, and its checksums are right. */
        void end();
    }

    private enum Place {
        PRELUDE,
        HEADERS,
        PAYLOAD,
        CHECKSUM,
        BROKEN
    }

    private final Listener listener;
    private final byte[] fixed = new byte[PRELUDE_BYTES];
    private final CRC32 crc = new CRC32();
    private Place place = Place.PRELUDE;

    /** Bytes of the prelude, the headers or the checksum that have come. */
    private int filled;

    private byte[] headers = NOTHING;
    private int headerBytes;
    private int payloadLeft;

    EventFrames(Listener listener) {
        this.listener = listener;
    }

    /** Whether the last frame has ended and nothing of another one has come. */
    boolean between() {
        return place == Place.PRELUDE && filled == 0;
    }

    boolean broken() {
        return place == Place.BROKEN;
    }

    void read(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to && place != Place.BROKEN) {
            at = switch (place) {
                case PRELUDE -> prelude(bytes, at, to);
                case HEADERS -> headers(bytes, at, to);
                case PAYLOAD -> payload(bytes, at, to);
                case CHECKSUM -> checksum(bytes, at, to);
                case BROKEN -> to;
            };
        }
    }

    private int prelude(byte[] bytes, int from, int to) {
        int at = fill(bytes, from, to, PRELUDE_BYTES);
        if (filled == PRELUDE_BYTES) {
            filled = 0;
            beginFrame(ByteBuffer.wrap(fixed));
        }
        return at;
    }

    private int fill(byte[] bytes, int from, int to, int wanted) {
        int taken = Math.min(to - from, wanted - filled);
        System.arraycopy(bytes, from, fixed, filled, taken);
        filled += taken;
        return from + taken;
    }

    private void beginFrame(ByteBuffer prelude) {
        long length = Integer.toUnsignedLong(prelude.getInt());
        long ofHeaders = Integer.toUnsignedLong(prelude.getInt());
        long ofPayload = length - PRELUDE_BYTES - ofHeaders - CHECKSUM_BYTES;
        crc.reset();
        crc.update(fixed, 0, 2 * Integer.BYTES);
        boolean sound = (int) crc.getValue() == prelude.getInt();
        if (!sound || ofHeaders > MAX_HEADER_BYTES || ofPayload < 0 || ofPayload > MAX_PAYLOAD_BYTES) {
            place = Place.BROKEN;
            return;
        }
        crc.update(fixed, 2 * Integer.BYTES, Integer.BYTES);
        headerBytes = (int) ofHeaders;
        payloadLeft = (int) ofPayload;
        place = Place.HEADERS;
        if (headerBytes == 0) {
            endHeaders(NOTHING, 0);
        }
    }

    private int headers(byte[] bytes, int from, int to) {
        int taken = Math.min(to - from, headerBytes - filled);
        crc.update(bytes, from, taken);
        if (filled == 0 && taken == headerBytes) {
            endHeaders(bytes, from);
            return from + taken;
        }
        if (filled + taken > headers.length) {
            // Grows with what comes, not with what is announced.
            headers = Arrays.copyOf(headers, Math.min(headerBytes, Math.max(filled + taken, 2 * headers.length)));
        }
        System.arraycopy(bytes, from, headers, filled, taken);
        filled += taken;
        if (filled == headerBytes) {
            var whole = headers;
            filled = 0;
            headers = NOTHING;
            endHeaders(whole, 0);
        }
        return from + taken;
    }

    private void endHeaders(byte[] bytes, int from) {
        var read = FrameHeaders.read(bytes, from, from + headerBytes);
        place = read == null ? Place.BROKEN : payloadLeft > 0 ? Place.PAYLOAD : Place.CHECKSUM;
        tell(read);
    }

    private void tell(@Nullable FrameHeaders read) {
        if (read != null) {
            listener.begin(read);
        }
    }

    private int payload(byte[] bytes, int from, int to) {
        int taken = Math.min(to - from, payloadLeft);
        crc.update(bytes, from, taken);
        listener.payload(bytes, from, from + taken);
        payloadLeft -= taken;
        if (payloadLeft == 0) {
            place = Place.CHECKSUM;
        }
        return from + taken;
    }

    private int checksum(byte[] bytes, int from, int to) {
        int at = fill(bytes, from, to, CHECKSUM_BYTES);
        if (filled == CHECKSUM_BYTES) {
            filled = 0;
            boolean sound = (int) crc.getValue() == ByteBuffer.wrap(fixed).getInt();
            place = sound ? Place.PRELUDE : Place.BROKEN;
            if (sound) {
                listener.end();
            }
        }
        return at;
    }
}

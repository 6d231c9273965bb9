package dev.sluice.capture;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Reads what {@link ByteWriter} wrote. What does not fit, because the file was damaged, is a {@link Damaged}. */
final class ByteReader {
    /** What was stored is not what was written. */
    static final class Damaged extends RuntimeException {
        private static final long serialVersionUID = 1;

        Damaged(String what) {
            super(what);
        }
    }

    private final byte[] bytes;
    private int at;

    ByteReader(byte[] bytes) {
        this.bytes = bytes;
    }

    boolean isAtEnd() {
        return at == bytes.length;
    }

    long number() {
        var value = 0L;
        for (var shift = 0; shift < 64; shift += 7) {
            if (at == bytes.length) {
                throw new Damaged("a number has no end");
            }
            var next = bytes[at++];
            value |= (next & 0x7FL) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new Damaged("a number is too long");
    }

    long signed() {
        var value = number();
        return (value >>> 1) ^ -(value & 1);
    }

    /** A length or a count: never more than there are bytes. */
    int count() {
        var value = number();
        if (value < 0 || value > bytes.length - at) {
            throw new Damaged(value + " where " + (bytes.length - at) + " bytes are left");
        }
        return (int) value;
    }

    String text() {
        var length = count();
        at += length;
        return new String(bytes, at - length, length, StandardCharsets.UTF_8);
    }

    byte[] block() {
        return raw(count());
    }

    byte[] raw(int length) {
        if (length < 0 || length > bytes.length - at) {
            throw new Damaged(length + " bytes where " + (bytes.length - at) + " are left");
        }
        at += length;
        return Arrays.copyOfRange(bytes, at - length, at);
    }
}

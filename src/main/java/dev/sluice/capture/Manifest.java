package dev.sluice.capture;

import dev.sluice.capture.ByteReader.Damaged;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongFunction;

/**
 * How a body is put together again: bytes of its own, and parts by their numbers.
 *
 * <p>Parts that one turn brought have numbers in a row, and mostly the same bytes between them (a comma). So a run of them is one entry,
 * however many they are, and a conversation's manifest has about an entry a turn: a few bytes.
 */
final class Manifest {
    private Manifest() {}

    /** Takes a body from its first byte to its last. */
    static final class Builder {
        private final ByteWriter out = new ByteWriter(256);
        /** Own bytes since the last part. */
        private final ByteWriter own = new ByteWriter(128);

        private byte[] between = new byte[0];
        private long first;
        private int count;
        private long written;

        Builder(int length) {
            out.number(length);
        }

        void own(byte[] body, int from, int to) {
            own.raw(body, from, to);
        }

        void part(long number) {
            if (count > 0 && number == first + count && fits()) {
                between = own.toBytes();
                count++;
                own.clear();
                return;
            }
            endRun();
            first = number;
            count = 1;
        }

        private boolean fits() {
            return count == 1 || Arrays.equals(between, 0, between.length, own.buffer(), 0, own.size());
        }

        private void endRun() {
            if (count > 0) {
                out.number(((long) count << 1) | 1);
                out.signed(first - written);
                written = first + count;
                if (count > 1) {
                    out.block(between);
                }
                count = 0;
            }
            if (own.size() > 0) {
                out.number((long) own.size() << 1);
                out.raw(own.buffer(), 0, own.size());
                own.clear();
            }
        }

        byte[] build() {
            endRun();
            return out.toBytes();
        }
    }

    /** The numbers of the parts that a body has, in its order. */
    static List<Long> numbers(byte[] manifest) {
        var in = new ByteReader(manifest);
        var left = in.number();
        var read = 0L;
        var numbers = new ArrayList<Long>();
        while (!in.isAtEnd()) {
            var entry = in.number();
            var count = entry >>> 1;
            if ((entry & 1) == 0) {
                in.raw(Math.toIntExact(count));
                left -= count;
                continue;
            }
            var first = read + in.signed();
            if (count > 1) {
                in.block();
            }
            // No part is shorter than a byte.
            left -= count;
            if (left < 0) {
                throw new Damaged("a body of more parts than bytes");
            }
            for (var nth = 0L; nth < count; nth++) {
                numbers.add(first + nth);
            }
            read = first + count;
        }
        return numbers;
    }

    /**
     * The body, byte for byte.
     *
     * @param parts finds a part by its number
     */
    static byte[] body(byte[] manifest, LongFunction<byte[]> parts) {
        var in = new ByteReader(manifest);
        var length = in.number();
        if (length < 0 || length > Integer.MAX_VALUE - 8) {
            throw new Damaged("a body of " + length + " bytes");
        }
        var body = new ByteWriter((int) Math.min(length, 1 << 20));
        var read = 0L;
        while (!in.isAtEnd()) {
            var entry = in.number();
            if ((entry & 1) == 0) {
                var own = in.raw(Math.toIntExact(entry >>> 1));
                body.raw(own, 0, own.length);
            } else {
                var count = entry >>> 1;
                var first = read + in.signed();
                var between = count > 1 ? in.block() : new byte[0];
                for (var nth = 0L; nth < count; nth++) {
                    if (nth > 0) {
                        body.raw(between, 0, between.length);
                    }
                    var part = parts.apply(first + nth);
                    body.raw(part, 0, part.length);
                    if (body.size() > length) {
                        throw new Damaged("a body is longer than " + length + " bytes");
                    }
                }
                read = first + count;
            }
        }
        if (body.size() != length) {
            throw new Damaged("a body has %d bytes of %d".formatted(body.size(), length));
        }
        return body.toBytes();
    }
}

package dev.sluice.wire;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A string or number that is read in pieces: its beginning, escapes resolved, and how many characters there were. */
final class JsonToken {
    private static final byte[] NOTHING = new byte[0];

    /** What a stream may keep of a token between its events. */
    private static final int SMALL = 64;

    private final byte[] utf8 = new byte[4];
    private byte[] kept = NOTHING;
    private int length;
    private int limit;
    private boolean counting;
    private long characters;
    private boolean overlong;

    /** How many bytes of an escape were seen, the backslash being the first; 0 outside of one. */
    private int escape;

    private int unit;
    private int highSurrogate;

    void start(int keep, boolean count) {
        length = 0;
        limit = keep;
        counting = count;
        characters = 0;
        overlong = false;
        escape = 0;
        highSurrogate = 0;
    }

    void end() {
        flushSurrogate();
    }

    /** Whether anything of it is kept or counted. */
    boolean wanted() {
        return limit > 0 || counting;
    }

    boolean overlong() {
        return overlong;
    }

    void show(JsonText text) {
        text.show(kept, 0, overlong ? lastWholeCodePoint() : length, characters);
    }

    <F extends Enum<F>> @Nullable JsonShape<F> child(JsonShape<F> shape) {
        return shape.child(kept, 0, length);
    }

    /** Gives back memory that only a long value has needed. */
    void release() {
        if (kept.length > SMALL) {
            kept = NOTHING;
        }
    }

    void escape() {
        escape = 1;
    }

    boolean escaping() {
        return escape != 0;
    }

    /** Takes one byte of an escape. */
    void unescape(byte c) {
        if (escape > 1) {
            unit = (unit << 4) | Math.max(0, Character.digit(c, 16));
            escape = escape == 5 ? 0 : escape + 1;
            if (escape == 0) {
                utf16(unit);
            }
        } else if (c == 'u') {
            escape = 2;
            unit = 0;
        } else {
            escape = 0;
            utf16(
                    switch (c) {
                        case 'n' -> '\n';
                        case 't' -> '\t';
                        case 'r' -> '\r';
                        case 'b' -> '\b';
                        case 'f' -> '\f';
                        default -> c & 0xFF;
                    });
        }
    }

    private void utf16(int codeUnit) {
        if (highSurrogate != 0 && Character.isLowSurrogate((char) codeUnit)) {
            int high = highSurrogate;
            highSurrogate = 0;
            take(Character.toCodePoint((char) high, (char) codeUnit));
            return;
        }
        flushSurrogate();
        if (Character.isHighSurrogate((char) codeUnit)) {
            highSurrogate = codeUnit;
        } else {
            take(Character.isLowSurrogate((char) codeUnit) ? 0xFFFD : codeUnit);
        }
    }

    // Half a character without its other half.
    private void flushSurrogate() {
        if (highSurrogate != 0) {
            highSurrogate = 0;
            take(0xFFFD);
        }
    }

    void take(int codePoint) {
        int width = codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
        int rest = codePoint;
        for (int at = width - 1; at > 0; at--) {
            utf8[at] = (byte) (0x80 | (rest & 0x3F));
            rest >>>= 6;
        }
        utf8[0] = (byte) (width == 1 ? rest : rest | (0xF00 >>> width));
        take(utf8, 0, width);
    }

    void take(byte[] bytes, int from, int to) {
        if (from == to || !wanted()) {
            return;
        }
        flushSurrogate();
        if (counting) {
            characters += Scan.codePoints(bytes, from, to);
        }
        int fits = Math.min(to - from, limit - length);
        overlong |= fits < to - from;
        if (fits > 0) {
            if (length + fits > kept.length) {
                kept = Arrays.copyOf(kept, Math.min(limit, Math.max(length + fits, Math.max(32, kept.length * 2))));
            }
            System.arraycopy(bytes, from, kept, length, fits);
            length += fits;
        }
    }

    // A cut value may end within a character.
    private int lastWholeCodePoint() {
        int at = length;
        while (at > 0 && (kept[at - 1] & 0xC0) == 0x80) {
            at--;
        }
        if (at == 0 || kept[at - 1] >= 0) {
            return length;
        }
        int wanted = kept[at - 1] >= (byte) 0xF0 ? 4 : kept[at - 1] >= (byte) 0xE0 ? 3 : 2;
        return length - at + 1 == wanted ? length : at - 1;
    }
}

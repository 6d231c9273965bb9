package dev.sluice.wire;

/** The header of a gzip member (RFC 1952): ten bytes, then by flag an extra field, a name, a comment and a checksum. */
final class GzipHeader {
    private static final int FIXED_BYTES = 10;
    private static final int[] MAGIC = {0x1F, 0x8B, 8};
    private static final int CHECKSUM = 2;
    private static final int EXTRA = 4;
    private static final int NAME = 8;
    private static final int COMMENT = 16;

    private int position;
    private int flags;
    private int extraPosition;
    private int extraLength;
    private int checksumLeft;

    /** Takes one byte; true when it was the last. */
    boolean take(byte next) {
        if (position < FIXED_BYTES) {
            takeFixed(next & 0xFF);
        } else if ((flags & EXTRA) != 0) {
            takeExtra(next & 0xFF);
        } else if ((flags & (NAME | COMMENT)) != 0) {
            takeText(next);
        } else {
            checksumLeft--;
        }
        return position == FIXED_BYTES && (flags & (EXTRA | NAME | COMMENT)) == 0 && checksumLeft == 0;
    }

    private void takeFixed(int next) {
        if (position < MAGIC.length && next != MAGIC[position]) {
            throw new IllegalArgumentException(
                    "gzip: byte %d is %d (expected: %d)".formatted(position, next, MAGIC[position]));
        }
        if (position == MAGIC.length) {
            flags = next;
            checksumLeft = (next & CHECKSUM) != 0 ? 2 : 0;
        }
        position++;
    }

    private void takeExtra(int next) {
        if (extraPosition < 2) {
            extraLength |= next << (8 * extraPosition);
        }
        extraPosition++;
        if (extraPosition >= 2 && extraPosition == extraLength + 2) {
            flags &= ~EXTRA;
        }
    }

    private void takeText(byte next) {
        if (next == 0) {
            flags &= (flags & NAME) != 0 ? ~NAME : ~COMMENT;
        }
    }
}

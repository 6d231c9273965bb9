package dev.sluice.wire;

import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * A compressed answer: what a piece of it decodes to is read as soon as the piece is there, so a stream that is flushed at
 * every event is read at every event.
 */
final class InflatedAnswer implements AnswerReader {
    /** Enough for any answer; a bomb of a few kilobytes that unpacks to more is not read to its end. */
    private static final long MAX_DECODED_BYTES = 1L << 30;

    private static final int GZIP_TRAILER_BYTES = 8;

    private final AnswerReader reader;
    private final boolean gzip;
    private final byte[] decoded = new byte[4 * 1024];
    private @Nullable GzipHeader header = new GzipHeader();
    private @Nullable Inflater inflater;
    private final byte[] firstTwo = new byte[2];
    private int firstLength;
    private int trailer;
    private long total;
    private boolean over;

    InflatedAnswer(AnswerReader reader, boolean gzip) {
        this.reader = reader;
        this.gzip = gzip;
    }

    @Override
    public ByteString read(ByteString bytes) {
        if (!over) {
            try {
                decode(bytes.toArrayUnsafe(), bytes.size());
            } catch (RuntimeException e) {
                // What does not decode ends the reading, not the answer.
                stop();
            }
        }
        return bytes;
    }

    @Override
    public ByteString end() {
        stop();
        reader.end();
        return ByteString.emptyByteString();
    }

    /** Nothing plain can stand in what is compressed. */
    @Override
    public ByteString lastWords(ByteString event) {
        return ByteString.emptyByteString();
    }

    @Override
    public Answer answer() {
        return reader.answer();
    }

    private void stop() {
        over = true;
        if (inflater != null) {
            inflater.end();
            inflater = null;
        }
    }

    private void decode(byte[] piece, int length) {
        int at = 0;
        while (at < length && !over) {
            if (inflater != null) {
                at = length - inflate(inflater, piece, at, length);
            } else if (trailer > 0) {
                trailer--;
                at++;
            } else {
                takeHeader(piece[at++]);
            }
        }
    }

    private void takeHeader(byte next) {
        if (gzip) {
            var opening = header == null ? new GzipHeader() : header;
            header = opening;
            if (opening.take(next)) {
                header = null;
                inflater = new Inflater(true);
            }
            return;
        }
        firstTwo[firstLength++] = next;
        if (firstLength == firstTwo.length) {
            firstLength = 0;
            var bare = new Inflater(!startsZlib());
            inflater = bare;
            inflate(bare, firstTwo, 0, firstTwo.length);
        }
    }

    // "deflate" should be zlib (RFC 1950), but bare deflate data are sent under that name too: two bytes tell.
    private boolean startsZlib() {
        int both = ((firstTwo[0] & 0xFF) << 8) | (firstTwo[1] & 0xFF);
        return (firstTwo[0] & 0x0F) == 8 && both % 31 == 0;
    }

    /** Decodes and reads what is there; returns how many bytes are left over behind the compressed data. */
    private int inflate(Inflater data, byte[] piece, int from, int to) {
        data.setInput(piece, from, to - from);
        try {
            while (!over && !data.finished() && !data.needsDictionary()) {
                int length = data.inflate(decoded);
                if (length == 0 && data.needsInput()) {
                    return 0;
                }
                total += length;
                over = total > MAX_DECODED_BYTES;
                // What the reader would send on goes nowhere, so it may see the same array again.
                reader.read(ByteString.fromArrayUnsafe(decoded, 0, length));
            }
        } catch (DataFormatException e) {
            over = true;
        }
        int left = data.getRemaining();
        over |= data.needsDictionary();
        data.end();
        inflater = null;
        trailer = gzip ? GZIP_TRAILER_BYTES : 0;
        return left;
    }
}

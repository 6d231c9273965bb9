package dev.sluice.wire;

import java.util.Arrays;
import org.apache.pekko.util.ByteString;

/**
 * Reads an answer that is a stream of events, as it passes; can keep the chunk that tells usage from a client that did not
 * ask for it. Only then are bytes held back, those of an event that has not ended, for only its end tells what it is.
 */
public final class SseAnswers<F extends Enum<F>> implements AnswerReader {
    private static final byte[] NOTHING = new byte[0];

    private final AnswerTally<F> tally;
    private final JsonLexer<F> lexer;
    private final SseFrames frames;
    private boolean reading = true;
    private boolean hiding;

    /** Whether the event that ended last was hidden. */
    private boolean hidden;

    /** Whether the current event has grown too long to be held, and its beginning was sent on. */
    private boolean released;

    // The beginning of an event, from earlier reads.
    private byte[] held = NOTHING;
    private int heldLength;

    // While one byte string is read: what is to be sent on so far, up to where, and where the current event began.
    private ByteString passing = ByteString.emptyByteString();
    private int passed;
    private int eventStart;

    private SseAnswers(JsonShape<F> shape, AnswerTally<F> tally, boolean hideUsage) {
        this.tally = tally;
        this.lexer = new JsonLexer<>(shape, tally);
        this.frames = new SseFrames(lexer);
        this.hiding = hideUsage;
    }

    public static <F extends Enum<F>> AnswerReader reader(JsonShape<F> shape, AnswerTally<F> tally, boolean hideUsage) {
        return new SseAnswers<>(shape, tally, hideUsage);
    }

    @Override
    public ByteString read(ByteString bytes) {
        if (!reading) {
            return bytes;
        }
        return hiding ? filter(bytes) : watch(bytes);
    }

    @Override
    public ByteString end() {
        if (reading) {
            reading = false;
            try {
                // An event that lacks only its blank line is whole.
                endEvent();
            } catch (RuntimeException e) {
                hidden = false;
            }
        }
        var rest = hiding && hidden ? ByteString.emptyByteString() : takeHeld();
        hiding = false;
        return rest;
    }

    @Override
    public Answer answer() {
        return tally.answer();
    }

    private ByteString watch(ByteString bytes) {
        try {
            AnswerBytes.forEachPiece(bytes, this::watch);
        } catch (RuntimeException e) {
            // A reader that fails never harms the answer: it only stops reading.
            reading = false;
        }
        return bytes;
    }

    private void watch(byte[] piece, int length, int offset) {
        int at = 0;
        while (at < length) {
            at = frames.read(piece, at, length);
            if (frames.ended()) {
                endEvent();
            }
        }
    }

    private void endEvent() {
        hidden = false;
        if (lexer.closed()) {
            tally.commit(frames.namedError());
            hidden = hiding && !released && tally.onlyUsage();
        } else if (frames.namedError()) {
            tally.failUnexplained();
        }
        lexer.restart();
    }

    private ByteString filter(ByteString bytes) {
        passing = ByteString.emptyByteString();
        passed = 0;
        eventStart = 0;
        try {
            AnswerBytes.forEachPiece(bytes, (piece, length, offset) -> filter(bytes, piece, length, offset));
            hold(bytes);
        } catch (RuntimeException e) {
            reading = false;
            hiding = false;
            pass(bytes, bytes.size());
        }
        var result = passing;
        passing = ByteString.emptyByteString();
        return result;
    }

    private void filter(ByteString bytes, byte[] piece, int length, int offset) {
        int at = frames.lineFeed(piece, 0, length);
        if (at > 0) {
            endAt(bytes, offset + at);
        }
        while (at < length) {
            at = frames.read(piece, at, length);
            if (frames.ended()) {
                endEvent();
                endAt(bytes, offset + at);
            }
        }
    }

    private void endAt(ByteString bytes, int end) {
        if (hidden) {
            // What stands before the event passes; what is held is its beginning.
            passing = passing.concat(bytes.slice(passed, eventStart));
            passed = end;
            heldLength = 0;
        } else if (heldLength > 0) {
            pass(bytes, end);
        }
        released = false;
        eventStart = end;
    }

    private void pass(ByteString bytes, int end) {
        var next = passed == 0 && end == bytes.size() ? bytes : bytes.slice(passed, end);
        passing = passing.concat(takeHeld()).concat(next);
        passed = end;
    }

    private void hold(ByteString bytes) {
        int unfinished = bytes.size() - eventStart;
        released |= heldLength + unfinished > MAX_HELD_BYTES;
        if (released) {
            pass(bytes, bytes.size());
            return;
        }
        if (passed < eventStart) {
            pass(bytes, eventStart);
        }
        if (unfinished > 0) {
            if (heldLength + unfinished > held.length) {
                held = Arrays.copyOf(
                        held, Math.max(heldLength + unfinished, Math.min(MAX_HELD_BYTES, held.length * 2)));
            }
            bytes.slice(eventStart, bytes.size()).copyToArray(held, heldLength, unfinished);
            heldLength += unfinished;
        }
    }

    private ByteString takeHeld() {
        if (heldLength == 0) {
            return ByteString.emptyByteString();
        }
        var bytes = ByteString.fromArrayUnsafe(held, 0, heldLength);
        held = NOTHING;
        heldLength = 0;
        return bytes;
    }
}

package dev.sluice.wire;

import org.apache.pekko.util.ByteString;

/**
 * Reads a stream that comes as one JSON array, element by element; or one object alone, as errors and buffering hops put it. Complete is
 * what has said so and whose array is closed.
 */
public final class JsonArrayAnswers<F extends Enum<F>> implements AnswerReader {
    private static final ByteString OPENING = ByteString.fromString("[");
    private static final ByteString COMMA = ByteString.fromString(",");
    private static final ByteString CLOSING = ByteString.fromString("]");

    private enum Place {
        START,
        /** Behind the opening bracket. */
        OPEN,
        ELEMENT,
        BEHIND_ELEMENT,
        BEHIND_COMMA,
        /** In an object that is the whole answer. */
        ALONE,
        CLOSED,
        /** In what is no JSON. */
        LOST
    }

    private final AnswerTally<F> tally;
    private final JsonLexer<F> lexer;
    private Place place = Place.START;

    private JsonArrayAnswers(JsonShape<F> shape, AnswerTally<F> tally) {
        this.tally = tally;
        this.lexer = new JsonLexer<>(shape, tally);
    }

    public static <F extends Enum<F>> AnswerReader reader(JsonShape<F> shape, AnswerTally<F> tally) {
        return new JsonArrayAnswers<>(shape, tally);
    }

    @Override
    public ByteString read(ByteString bytes) {
        if (place != Place.LOST) {
            try {
                AnswerBytes.forEachPiece(bytes, (piece, length, offset) -> read(piece, length));
            } catch (RuntimeException e) {
                // A reader that fails never harms the answer: it only stops reading.
                place = Place.LOST;
            }
        }
        return bytes;
    }

    private void read(byte[] piece, int length) {
        int at = 0;
        while (at < length) {
            at = switch (place) {
                case ELEMENT, ALONE -> readObject(piece, at, length);
                case CLOSED, LOST -> length;
                case START, OPEN, BEHIND_ELEMENT, BEHIND_COMMA -> readBetween(piece[at], at);
            };
        }
    }

    private int readBetween(byte c, int at) {
        switch (c) {
            case ' ', '\t', '\n', '\r' -> {}
            // A byte-order mark passes for white space.
            case (byte) 0xEF, (byte) 0xBB, (byte) 0xBF -> follow(Place.START, Place.START);
            case '[' -> follow(Place.START, Place.OPEN);
            case ',' -> follow(Place.BEHIND_ELEMENT, Place.BEHIND_COMMA);
            case ']' -> place = place == Place.OPEN || place == Place.BEHIND_ELEMENT ? Place.CLOSED : Place.LOST;
            case '{' -> {
                place = switch (place) {
                    case START -> Place.ALONE;
                    case OPEN, BEHIND_COMMA -> Place.ELEMENT;
                    default -> Place.LOST;
                };
                return at;
            }
            default -> place = Place.LOST;
        }
        return at + 1;
    }

    private void follow(Place now, Place then) {
        place = place == now ? then : Place.LOST;
    }

    private int readObject(byte[] piece, int from, int to) {
        int end = lexer.feedDocument(piece, from, to);
        if (lexer.broken()) {
            place = Place.LOST;
        } else if (lexer.closed()) {
            tally.commit(false);
            lexer.restart();
            if (place == Place.ALONE) {
                tally.finishDocument();
                place = Place.CLOSED;
            } else {
                place = Place.BEHIND_ELEMENT;
            }
        }
        return end;
    }

    @Override
    public ByteString end() {
        return ByteString.emptyByteString();
    }

    /** One more element and the end of the array, where an element can stand; half of one leaves no room. */
    @Override
    public ByteString lastWords(ByteString event) {
        return switch (place) {
            case START -> OPENING.concat(event).concat(CLOSING);
            case OPEN, BEHIND_COMMA -> event.concat(CLOSING);
            case BEHIND_ELEMENT -> COMMA.concat(event).concat(CLOSING);
            case ELEMENT, ALONE, CLOSED, LOST -> ByteString.emptyByteString();
        };
    }

    @Override
    public Answer answer() {
        return tally.answer(place == Place.CLOSED);
    }
}

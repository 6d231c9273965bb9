package dev.sluice.wire;

import org.apache.pekko.util.ByteString;

/** Reads an answer that is one JSON document, as it passes. */
public final class JsonAnswers<F extends Enum<F>> implements AnswerReader {
    private final AnswerTally<F> tally;
    private final JsonLexer<F> lexer;
    private boolean over;

    private JsonAnswers(JsonShape<F> shape, AnswerTally<F> tally) {
        this.tally = tally;
        this.lexer = new JsonLexer<>(shape, tally);
    }

    public static <F extends Enum<F>> AnswerReader reader(JsonShape<F> shape, AnswerTally<F> tally) {
        return new JsonAnswers<>(shape, tally);
    }

    @Override
    public ByteString read(ByteString bytes) {
        if (!over) {
            guarded(() -> {
                AnswerBytes.forEachPiece(bytes, (piece, length, offset) -> lexer.feed(piece, 0, length));
                if (lexer.closed()) {
                    over = true;
                    tally.commit(false);
                    tally.finishDocument();
                }
                over |= lexer.broken();
            });
        }
        return bytes;
    }

    @Override
    public ByteString end() {
        if (!over) {
            over = true;
            // What a cut document has told is still worth knowing.
            guarded(() -> tally.commit(false));
        }
        return ByteString.emptyByteString();
    }

    /** A document has no room behind it. */
    @Override
    public ByteString lastWords(ByteString event) {
        return ByteString.emptyByteString();
    }

    @Override
    public Answer answer() {
        return tally.answer();
    }

    // A reader that fails never harms the answer: whatever a provider's bytes bring about ends the reading, nothing
    // else.
    private void guarded(Runnable reading) {
        try {
            reading.run();
        } catch (RuntimeException e) {
            over = true;
        }
    }
}

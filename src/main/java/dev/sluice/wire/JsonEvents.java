package dev.sluice.wire;

/** Reads events that are JSON objects: what a format wants of them, into its tally. */
public final class JsonEvents<F extends Enum<F>> implements EventReader {
    private final JsonLexer<F> lexer;
    private final AnswerTally<F> tally;

    public JsonEvents(JsonShape<F> shape, AnswerTally<F> tally) {
        this.lexer = new JsonLexer<>(shape, tally);
        this.tally = tally;
    }

    @Override
    public void feed(byte[] bytes, int from, int to) {
        lexer.feed(bytes, from, to);
    }

    @Override
    public void end() {
        if (lexer.closed()) {
            tally.commit(false);
        }
        lexer.restart();
    }

    @Override
    public Answer answer() {
        return tally.answer();
    }
}

package dev.sluice.simulator;

/**
 * Text that means nothing and is always the same for the same seed; cut into the pieces that a stream sends one by one.
 *
 * @param pieces     how many
 * @param characters how many in all, or -1 for a word a piece
 */
record Prose(long seed, int pieces, long characters) {
    /** Longer texts are not repeated as a whole at the end of a stream: the simulator must not hold an answer of 200 MB. */
    private static final long MOST_REPEATED = 1 << 20;

    private static final String[] WORDS = {
        "The", "sluice", "opens,", "water", "runs", "down", "to", "Zürich", "and", "the", "meter", "counts", "every",
                "drop.", "Grüße", "from",
        "你好", "👋", "a", "quiet", "weir", "where", "tokens", "pass", "one", "by", "one", "—", "no", "faster", "than",
                "planned."
    };
    private static final String FILLER = "drop after drop after drop ".repeat(700);

    String piece(int index) {
        if (characters >= 0) {
            var length = (int) (characters / pieces);
            return sized(index == pieces - 1 ? (int) (characters - (long) length * (pieces - 1)) : length);
        }
        // A multiplication that scatters: neighbouring seeds and positions give unrelated words.
        var scattered = ((seed * 31 + index) * 0x9E3779B97F4A7C15L) >>> 59;
        return (index == 0 ? "" : " ") + WORDS[(int) scattered];
    }

    String whole() {
        if (characters > MOST_REPEATED || pieces > MOST_REPEATED) {
            return "(too long to be repeated)";
        }
        var text = new StringBuilder();
        for (var index = 0; index < pieces; index++) {
            text.append(piece(index));
        }
        return text.toString();
    }

    private static String sized(int length) {
        return length <= FILLER.length()
                ? FILLER.substring(0, length)
                : FILLER.repeat(length / FILLER.length() + 1).substring(0, length);
    }
}

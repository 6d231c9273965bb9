package dev.sluice.wire.gemini;

import dev.sluice.wire.AnswerReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one part tells of a call: mostly all of it; on Vertex it may come in pieces, the name with the first, and an empty one at the end. */
final class CallPiece {
    private static final byte[] NOTHING = new byte[0];

    /** One part has no more pieces of arguments. */
    private static final int MAX_PIECES = 1_000;

    /**
     * A piece of the arguments.
     *
     * @param json of a number or a truth; null for text, and for null
     */
    record Piece(
            String path, @Nullable String text, @Nullable String json) {}

    int candidate;

    @Nullable
    String id;

    @Nullable
    String name;

    byte[] arguments = NOTHING;
    List<Piece> pieces = List.of();

    private String path = "";
    private @Nullable String text;
    private @Nullable String json;

    boolean isWhole() {
        return arguments.length > 0;
    }

    void beginPiece() {
        path = "";
        text = null;
        json = null;
    }

    void path(String value) {
        path = value;
    }

    void text(byte[] value) {
        text = new String(value, StandardCharsets.UTF_8);
    }

    void json(String value) {
        json = value;
    }

    void endPiece() {
        if (pieces.size() == MAX_PIECES || path.length() > AnswerReader.MAX_ARGUMENT_BYTES) {
            return;
        }
        if (pieces.isEmpty()) {
            pieces = new ArrayList<>(2);
        }
        pieces.add(new Piece(path, text, json));
    }
}

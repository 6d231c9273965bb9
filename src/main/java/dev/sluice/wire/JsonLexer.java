package dev.sluice.wire;

import org.jspecify.annotations.Nullable;

/**
 * Finds the wanted fields of a JSON document in bytes as they come.
 *
 * <p>It is pushed bytes, cut anywhere, and keeps nothing of them but its place and the piece of a wanted value that a cut
 * has torn. What nobody wants is skipped: of a container only the nesting is counted, of a string only its end is looked
 * for. So a document of any size, depth and string length costs a few hundred bytes, and the events of a stream are read
 * where they lie. What is no JSON makes it {@link #broken}; it does not otherwise check what it skips.
 */
final class JsonLexer<F extends Enum<F>> implements SseFrames.Data {
    /** No wanted key is longer, and no sane number. */
    private static final int MAX_TOKEN_BYTES = 64;

    /** What an escape of a text that is handed on may become. */
    private static final int MAX_ESCAPED_BYTES = 8;

    private static final byte[] NOTHING = new byte[0];

    private enum State {
        START,
        STRUCTURE,
        STRING,
        SCALAR,
        SKIPPED,
        CLOSED,
        BROKEN
    }

    private enum Expected {
        KEY,
        COLON,
        VALUE,
        COMMA
    }

    private final JsonListener<F> listener;
    private final JsonShape<F> root;
    private final JsonText text = new JsonText();

    // The open containers of interest: their shapes, and a bit for those that are arrays.
    private final JsonShape<F>[] shapes;
    private long arrays;
    private int depth;

    private State state = State.START;
    private Expected expected = Expected.VALUE;

    /** The shape of the value that is expected or being read; null when nobody wants it. */
    private @Nullable JsonShape<F> value;

    private final JsonToken token = new JsonToken();
    private boolean key;

    /** The shape of the string that is handed on while it is read; null for one that is not. */
    private @Nullable JsonShape<F> passed;

    private long nesting;
    private boolean inString;
    private boolean escaped;

    // The stack never holds anything but shapes of F, and never leaves this class.
    @SuppressWarnings("unchecked")
    JsonLexer(JsonShape<F> root, JsonListener<F> listener) {
        this.root = root;
        this.listener = listener;
        this.shapes = (JsonShape<F>[]) new JsonShape<?>[root.nesting];
    }

    /** Forgets the document and waits for the next one. */
    void restart() {
        state = State.START;
        depth = 0;
        token.release();
    }

    /** Whether a whole document was seen. */
    boolean closed() {
        return state == State.CLOSED;
    }

    /** Whether the bytes were no JSON object. */
    boolean broken() {
        return state == State.BROKEN;
    }

    @Override
    public void feed(byte[] bytes, int from, int to) {
        feedDocument(bytes, from, to);
    }

    /** Reads no further than to the end of the document, or to where it is broken, and tells where that is. */
    int feedDocument(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to && state != State.CLOSED && state != State.BROKEN) {
            at = switch (state) {
                case START -> start(bytes, at);
                case STRUCTURE -> structure(bytes, at, to);
                case STRING -> string(bytes, at, to);
                case SCALAR -> scalar(bytes, at, to);
                case SKIPPED -> skipped(bytes, at, to);
                case CLOSED, BROKEN -> at;
            };
        }
        return at;
    }

    private int start(byte[] bytes, int at) {
        switch (bytes[at]) {
            case '{' -> {
                state = State.STRUCTURE;
                push(root, false);
                listener.begin(root.field);
            }
            // A byte-order mark passes for white space.
            case ' ', '\t', '\n', '\r', (byte) 0xEF, (byte) 0xBB, (byte) 0xBF -> {}
            default -> state = State.BROKEN;
        }
        return at + 1;
    }

    private int structure(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to && state == State.STRUCTURE) {
            byte c = bytes[at++];
            switch (c) {
                case ' ', '\t', '\n', '\r' -> {}
                case '"' -> at = quote(bytes, at, to);
                case ':' -> expect(Expected.COLON, Expected.VALUE);
                case ',' -> comma();
                case '{', '[' -> open(c == '[');
                case '}', ']' -> close(c == ']');
                default -> at = startScalar(bytes, at - 1, to);
            }
        }
        return at;
    }

    private void expect(Expected now, Expected then) {
        if (expected == now) {
            expected = then;
        } else {
            state = State.BROKEN;
        }
    }

    private void comma() {
        if (inArray()) {
            expect(Expected.COMMA, Expected.VALUE);
            value = shapes[depth - 1];
        } else {
            expect(Expected.COMMA, Expected.KEY);
        }
    }

    private boolean inArray() {
        return ((arrays >>> depth) & 1) != 0;
    }

    private void push(JsonShape<F> shape, boolean array) {
        shapes[depth++] = shape;
        arrays = array ? arrays | (1L << depth) : arrays & ~(1L << depth);
        expected = array ? Expected.VALUE : Expected.KEY;
        value = shape;
    }

    private void open(boolean array) {
        var shape = value;
        if (expected != Expected.VALUE) {
            state = State.BROKEN;
        } else if (shape == null || !shape.isObject() || (array && inArray())) {
            skip(shape, array ? '[' : '{');
        } else if (array) {
            push(shape, true);
            listener.array(shape.field);
        } else {
            push(shape, false);
            listener.begin(shape.field);
        }
    }

    private void close(boolean array) {
        boolean empty = expected == (array ? Expected.VALUE : Expected.KEY);
        if (array != inArray() || (!empty && expected != Expected.COMMA)) {
            state = State.BROKEN;
            return;
        }
        var shape = shapes[--depth];
        expected = Expected.COMMA;
        if (depth == 0) {
            state = State.CLOSED;
        }
        if (!array) {
            listener.end(shape.field);
        }
    }

    private int quote(byte[] bytes, int from, int to) {
        if (expected == Expected.KEY) {
            return startKey(bytes, from, to);
        }
        if (expected == Expected.VALUE) {
            return startText(bytes, from, to);
        }
        state = State.BROKEN;
        return from;
    }

    private int startKey(byte[] bytes, int from, int to) {
        int end = Scan.endOfPlain(bytes, from, to);
        if (end < to && bytes[end] == '"') {
            value = shapes[depth - 1].child(bytes, from, end);
            expected = Expected.COLON;
            return end + 1;
        }
        startString(true, MAX_TOKEN_BYTES, false);
        return from;
    }

    private int startText(byte[] bytes, int from, int to) {
        var shape = value;
        int end = Scan.endOfPlain(bytes, from, to);
        if (end == to || bytes[end] != '"') {
            startString(false, shape == null ? 0 : shape.keep, shape != null && shape.counted);
            passed = shape != null && shape.passed ? shape : null;
            return from;
        }
        expected = Expected.COMMA;
        if (shape != null && shape.passed) {
            listener.piece(shape.field, bytes, from, end);
            tellEnd(shape);
        } else if (shape != null && (shape.keep > 0 || shape.counted)) {
            int cut = end - from <= shape.keep ? end : Scan.wholeCodePoints(bytes, from, from + shape.keep, end);
            text.show(bytes, from, cut, shape.counted ? Scan.codePoints(bytes, from, end) : 0);
            listener.string(shape.field, text);
        }
        return end + 1;
    }

    private void startString(boolean isKey, int keep, boolean count) {
        state = State.STRING;
        token.start(keep, count);
        key = isKey;
        passed = null;
    }

    private int string(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to) {
            if (token.escaping()) {
                token.unescape(bytes[at++]);
                if (passed != null && !token.escaping()) {
                    passEscaped(passed);
                }
                continue;
            }
            int plain = at;
            at = Scan.endOfPlain(bytes, at, to);
            if (passed == null) {
                token.take(bytes, plain, at);
            } else {
                listener.piece(passed.field, bytes, plain, at);
            }
            if (at < to) {
                if (bytes[at++] == '"') {
                    endString();
                    return at;
                }
                if (passed != null) {
                    token.start(MAX_ESCAPED_BYTES, false);
                }
                token.escape();
            }
        }
        return at;
    }

    private void passEscaped(JsonShape<F> shape) {
        token.show(text);
        var bytes = text.toBytes(MAX_ESCAPED_BYTES);
        listener.piece(shape.field, bytes, 0, bytes.length);
    }

    private void tellEnd(JsonShape<F> shape) {
        text.show(NOTHING, 0, 0, 0);
        listener.string(shape.field, text);
    }

    private void endString() {
        token.end();
        state = State.STRUCTURE;
        if (key) {
            value = token.overlong() ? null : token.child(shapes[depth - 1]);
            expected = Expected.COLON;
        } else {
            expected = Expected.COMMA;
            if (passed == null) {
                tellKept();
            } else {
                tellEnd(passed);
            }
        }
    }

    private void tellKept() {
        var shape = value;
        if (shape != null && (shape.keep > 0 || shape.counted)) {
            token.show(text);
            listener.string(shape.field, text);
        }
    }

    private int startScalar(byte[] bytes, int from, int to) {
        if (expected != Expected.VALUE) {
            state = State.BROKEN;
            return from;
        }
        int end = endOfScalar(bytes, from, to);
        if (end < to) {
            text.show(bytes, from, end, 0);
            tellScalar(end - from > MAX_TOKEN_BYTES);
            return end;
        }
        state = State.SCALAR;
        token.start(MAX_TOKEN_BYTES, false);
        return from;
    }

    private int scalar(byte[] bytes, int from, int to) {
        int end = endOfScalar(bytes, from, to);
        token.take(bytes, from, end);
        if (end < to) {
            state = State.STRUCTURE;
            token.show(text);
            tellScalar(token.overlong());
        }
        return end;
    }

    private void tellScalar(boolean tooLong) {
        var shape = value;
        expected = Expected.COMMA;
        if (shape == null || shape.keep == 0 || tooLong) {
            return;
        }
        if (text.startsNumber()) {
            listener.number(shape.field, text);
        } else if (text.is("true") || text.is("false")) {
            listener.truth(shape.field, text.is("true"));
        }
    }

    private static int endOfScalar(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to) {
            switch (bytes[at]) {
                case ',', '}', ']', ' ', '\t', '\n', '\r', '"', '{', '[', ':' -> {
                    return at;
                }
                default -> at++;
            }
        }
        return at;
    }

    private void skip(@Nullable JsonShape<F> shape, char opening) {
        state = State.SKIPPED;
        nesting = 1;
        inString = false;
        escaped = false;
        if (shape != null && shape.raw) {
            token.start(shape.keep, true);
            token.take(opening);
        } else {
            token.start(0, false);
        }
    }

    private int skipped(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to && nesting > 0) {
            if (escaped) {
                escaped = false;
                at++;
            } else if (inString) {
                at = Scan.endOfPlain(bytes, at, to);
                if (at < to) {
                    inString = bytes[at] != '"';
                    escaped = inString;
                    at++;
                }
            } else {
                at = skippedStructure(bytes, at, to);
            }
        }
        token.take(bytes, from, at);
        if (nesting == 0) {
            state = State.STRUCTURE;
            expected = Expected.COMMA;
            if (token.wanted()) {
                tellKept();
            }
        }
        return at;
    }

    private int skippedStructure(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to) {
            switch (bytes[at++]) {
                case '"' -> {
                    inString = true;
                    return at;
                }
                case '{', '[' -> nesting++;
                case '}', ']' -> {
                    if (--nesting == 0) {
                        return at;
                    }
                }
                default -> {}
            }
        }
        return at;
    }
}

package dev.sluice.wire;

import java.util.Arrays;

/**
 * Unwraps events that come as base64 in a JSON object, {@code {"bytes":"...","p":"padding"}}, as AWS sends what is another vendor's. Decodes
 * as it comes: an event of any length costs a small buffer.
 */
public final class Base64Events implements EventReader, JsonListener<Base64Events.Field> {
    /** What is read of the object around an event. */
    enum Field {
        AROUND,
        BYTES
    }

    private static final JsonShape<Field> AROUND =
            JsonShape.object(Field.AROUND).with("bytes", JsonShape.pieces(Field.BYTES));

    private static final int BUFFER_BYTES = 768;
    private static final byte NONE = -1;
    private static final byte[] SEXTETS = sextets();

    private final EventReader events;
    private final JsonLexer<Field> lexer = new JsonLexer<>(AROUND, this);
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int length;
    private int bits;
    private int sextets;
    private boolean over;

    /** Hands what it has unwrapped to another reader. */
    public Base64Events(EventReader events) {
        this.events = events;
    }

    @Override
    public void feed(byte[] bytes, int from, int to) {
        lexer.feed(bytes, from, to);
    }

    @Override
    public void end() {
        lexer.restart();
        flush();
        events.end();
    }

    @Override
    public Answer answer() {
        return events.answer();
    }

    @Override
    public void begin(Field field) {
        sextets = 0;
        length = 0;
        over = false;
    }

    @Override
    public void end(Field field) {}

    @Override
    public void string(Field field, JsonText text) {
        // A second text of the name would be another event's beginning; there is none.
        over = true;
    }

    @Override
    public void number(Field field, JsonText text) {}

    @Override
    public void piece(Field field, byte[] bytes, int from, int to) {
        for (int at = from; at < to && !over; at++) {
            byte sextet = bytes[at] < 0 ? NONE : SEXTETS[bytes[at]];
            // The padding, or what is no base64: the event ends here, or is none.
            over = sextet == NONE;
            if (!over) {
                take(sextet);
            }
        }
    }

    private void take(byte sextet) {
        bits = (bits << 6) | sextet;
        // Of four sextets the first one completes no byte.
        if ((++sextets & 3) != 1) {
            buffer[length++] = (byte) (bits >>> (2 * (-sextets & 3)));
            if (length == BUFFER_BYTES) {
                flush();
            }
        }
    }

    private void flush() {
        if (length > 0) {
            events.feed(buffer, 0, length);
            length = 0;
        }
    }

    private static byte[] sextets() {
        var alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        var table = new byte[128];
        Arrays.fill(table, NONE);
        for (int i = 0; i < alphabet.length(); i++) {
            table[alphabet.charAt(i)] = (byte) i;
        }
        return table;
    }
}

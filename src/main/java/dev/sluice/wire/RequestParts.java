package dev.sluice.wire;

import com.fasterxml.jackson.core.JsonToken;
import dev.sluice.wire.Retold.Range;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Cuts a request's body where a conversation that grows will be cut again the next time. */
final class RequestParts {
    /** Whose elements come one by one. */
    private static final Set<String> CONVERSATIONS = Set.of("messages", "input", "contents", "chat_history");

    /** What stays as it is from turn to turn. */
    private static final Set<String> CONSTANTS = Set.of(
            "system", "instructions", "systemInstruction", "system_instruction", "tools", "functions", "toolConfig");

    /** Of one body; what is behind them is one range. */
    private static final int MAX_PARTS = 10_000;

    private final List<Range> parts = new ArrayList<>();
    private int cut;

    private RequestParts() {}

    static List<Range> of(byte[] body) {
        var parts = new RequestParts();
        try (var cursor = new BodyCursor(body)) {
            parts.read(cursor);
        } catch (BadRequest | IOException _) {
            // No JSON, or only to some place: what was cut can stay so.
            parts.parts.clear();
            parts.cut = 0;
        }
        parts.cutAt(body.length);
        return parts.parts;
    }

    private void read(BodyCursor cursor) throws IOException {
        if (cursor.next() != JsonToken.START_OBJECT) {
            return;
        }
        for (var name = cursor.nextField(); name != null; name = cursor.nextField()) {
            if (CONVERSATIONS.contains(name) && cursor.at(JsonToken.START_ARRAY)) {
                readElements(cursor);
            } else if (CONSTANTS.contains(name) || CONVERSATIONS.contains(name)) {
                cutAt(cursor.offset());
                cutAt(end(cursor));
            } else {
                cursor.skip();
            }
        }
    }

    /** What stands between two elements belongs to the second: a last element has no comma behind it until it has a successor. */
    private void readElements(BodyCursor cursor) throws IOException {
        var from = cursor.offset() + 1;
        while (cursor.next() != JsonToken.END_ARRAY) {
            // Numbers are tokens of a text, and too many to be told apart.
            if (cursor.at(JsonToken.START_OBJECT) && parts.size() < MAX_PARTS) {
                cutAt(from);
                from = end(cursor);
                cutAt(from);
            } else {
                from = end(cursor);
            }
        }
    }

    /** Moves to the end of the current value, and tells where that is. */
    private static int end(BodyCursor cursor) throws IOException {
        if (cursor.at(JsonToken.VALUE_STRING)) {
            return cursor.string().end();
        }
        var isStructure = cursor.at(JsonToken.START_OBJECT) || cursor.at(JsonToken.START_ARRAY);
        cursor.skip();
        // A number's end is where the next token begins, or before; nobody repeats one.
        return cursor.offset() + (isStructure ? 1 : 0);
    }

    private void cutAt(int offset) {
        if (offset > cut) {
            parts.add(new Range(cut, offset));
            cut = offset;
        }
    }
}

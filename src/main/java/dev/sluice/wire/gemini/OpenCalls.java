package dev.sluice.wire.gemini;

import dev.sluice.wire.ToolCalls;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** Calls whose arguments are still coming in, one for each candidate; what is whole goes on to the answer's calls. */
final class OpenCalls {
    private final ToolCalls calls;
    private final PartialArguments.Room room = new PartialArguments.Room();
    private final Map<Integer, Open> open = new HashMap<>();

    private record Open(ToolCalls.Call call, PartialArguments arguments) {}

    OpenCalls(ToolCalls calls) {
        this.calls = calls;
    }

    void take(CallPiece piece) {
        if (piece.name != null) {
            begin(piece);
        }
        var current = open.get(piece.candidate);
        if (current == null) {
            return;
        }
        for (var part : piece.pieces) {
            if (part.text() != null) {
                current.arguments.text(part.path(), part.text());
            } else {
                current.arguments.scalar(part.path(), part.json() == null ? "null" : part.json());
            }
        }
        if (piece.name == null && piece.pieces.isEmpty()) {
            close(piece.candidate);
        }
    }

    private void begin(CallPiece piece) {
        close(piece.candidate);
        var call = calls.begin(piece.candidate);
        if (call == null) {
            return;
        }
        call.identify(piece.id, piece.name, true);
        if (piece.isWhole()) {
            calls.append(call, piece.arguments);
        } else {
            open.put(piece.candidate, new Open(call, new PartialArguments(room)));
        }
    }

    private void close(int candidate) {
        var ended = open.remove(candidate);
        if (ended != null && !ended.arguments.isEmpty()) {
            calls.append(ended.call, ended.arguments.json().getBytes(StandardCharsets.UTF_8));
        }
    }

    /** Nothing more will come. */
    void close() {
        for (var candidate : open.keySet().toArray(Integer[]::new)) {
            close(candidate);
        }
    }
}

package dev.sluice.wire.chat;

import dev.sluice.wire.ToolCalls;
import org.jspecify.annotations.Nullable;

/** What one chunk tells of a tool call: all of it, or a fragment. */
final class CallPiece {
    static final long UNTOLD = -2;

    int choice;
    long index;

    @Nullable
    String id;

    @Nullable
    String name;

    byte[] arguments = new byte[0];
    long characters;
    boolean json = true;

    CallPiece(long index) {
        this.index = index;
    }

    void addTo(ToolCalls calls) {
        long key = ((long) choice << 32) | (index & 0xFFFF_FFFFL);
        var call = index == UNTOLD && begins() ? null : calls.find(key);
        if (call == null || isAnother(call)) {
            call = calls.begin(key);
        }
        if (call != null) {
            call.identify(id, name, json);
            calls.append(call, arguments);
        }
    }

    private boolean begins() {
        return id != null || name != null;
    }

    // Some servers number all calls 0 and send each one whole.
    private boolean isAnother(ToolCalls.Call call) {
        return id != null && call.id() != null && !id.equals(call.id());
    }
}

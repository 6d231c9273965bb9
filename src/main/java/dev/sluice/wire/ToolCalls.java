package dev.sluice.wire;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The tool calls of one answer while their pieces come in, in any order; bounded in number and size. */
public final class ToolCalls {
    /** No answer calls so many tools; one that seems to is not followed further. */
    private static final int MAX_CALLS = 1_000;

    /** A call whose arguments may still grow. */
    public static final class Call {
        private final long key;
        private @Nullable String id;
        private String name = "";
        private boolean json = true;
        private byte[] arguments = new byte[0];
        private int length;

        private Call(long key) {
            this.key = key;
        }

        public @Nullable String id() {
            return id;
        }

        /** Takes what was not yet known. */
        public void identify(@Nullable String newId, @Nullable String newName, boolean newJson) {
            id = id == null ? newId : id;
            name = name.isEmpty() && newName != null ? newName : name;
            json &= newJson;
        }
    }

    private List<Call> calls = List.of();
    private int kept;

    public boolean isEmpty() {
        return calls.isEmpty();
    }

    /** The latest call begun under a key; null when there is none. */
    public @Nullable Call find(long key) {
        for (int i = calls.size() - 1; i >= 0; i--) {
            if (calls.get(i).key == key) {
                return calls.get(i);
            }
        }
        return null;
    }

    /** Begins one more call; null when there are too many. */
    public @Nullable Call begin(long key) {
        if (calls.size() == MAX_CALLS) {
            return null;
        }
        if (calls.isEmpty()) {
            calls = new ArrayList<>(2);
        }
        var call = new Call(key);
        calls.add(call);
        return call;
    }

    public void append(Call call, byte[] fragment) {
        int fits = Math.min(fragment.length, AnswerReader.MAX_ARGUMENT_BYTES - kept);
        if (fits < fragment.length) {
            fits = Scan.wholeCodePoints(fragment, 0, Math.max(0, fits), fragment.length);
        }
        if (call.length + fits > call.arguments.length) {
            call.arguments = Arrays.copyOf(call.arguments, Math.max(call.length + fits, call.arguments.length * 2));
        }
        System.arraycopy(fragment, 0, call.arguments, call.length, fits);
        call.length += fits;
        // A cut leaves a hole that a later fragment must not fill.
        kept = fits < fragment.length ? AnswerReader.MAX_ARGUMENT_BYTES : kept + fits;
    }

    /** Puts the whole arguments in place of the fragments so far. */
    public void replace(Call call, byte[] whole) {
        if (whole.length > 0) {
            kept = Math.max(0, kept - call.length);
            call.length = 0;
            append(call, whole);
        }
    }

    public List<ToolCall> toList() {
        return calls.stream()
                .map(call -> new ToolCall(
                        call.id,
                        call.name,
                        new String(call.arguments, 0, call.length, StandardCharsets.UTF_8),
                        call.json))
                .toList();
    }
}

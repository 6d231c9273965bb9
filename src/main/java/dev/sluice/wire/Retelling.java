package dev.sluice.wire;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/**
 * Makes one document of a stream's events: what its provider would have answered had it not streamed. One instance an answer. What it does
 * not know it keeps where it belongs, and it breaks on nothing.
 */
public interface Retelling {
    /** The next event, which is its own from here on. */
    void take(ObjectNode event);

    /**
     * An event that its frame calls an error.
     *
     * @param type what the frame says of it, for example {@code throttlingException}
     */
    void fail(String type, ObjectNode event);

    /** What came so far; null when there is nothing to tell. */
    @Nullable
    ObjectNode told();

    /** Whether a stream may come as one array of events. */
    default boolean takesArrays() {
        return false;
    }
}

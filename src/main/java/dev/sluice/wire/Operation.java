package dev.sluice.wire;

/**
 * One thing that a wire format can be asked to do, and the path where it is asked.
 *
 * @param method    of HTTP, for example {@code POST}
 * @param path      as the client asks; a segment may hold one parameter, {@code {model}} and then {@code :generateContent}. {@code {+model}} may hold
 *                  slashes, which the client has percent-encoded
 * @param purpose   what the answer is worth
 * @param streaming whether the answer is a stream
 */
public record Operation(String method, String path, Purpose purpose, Streaming streaming) {
    /** What an answer is worth. */
    public enum Purpose {
        /** Something is generated, metered and charged. */
        GENERATE,
        /** Tokens are counted: never usage, never charged. */
        COUNT,
        /** Something is judged, mostly for nothing: charged only where that has a price, and else whatever is left in a bucket. */
        JUDGE,
        /** An answer that was made before is fetched, stopped or deleted: never charged, for its making was. */
        STORED
    }

    /** What says that a stream is wanted. */
    public enum Streaming {
        BY_BODY,
        ALWAYS,
        NEVER
    }

    /** {@code POST}s that generate; the body's {@code stream} decides. */
    public static Operation generate(String path) {
        return new Operation("POST", path, Purpose.GENERATE, Streaming.BY_BODY);
    }

    /** A {@code POST} that generates, and streams or not whatever the body says. */
    public static Operation generate(String path, Streaming streaming) {
        return new Operation("POST", path, Purpose.GENERATE, streaming);
    }

    /** A {@code POST} that counts tokens. */
    public static Operation count(String path) {
        return new Operation("POST", path, Purpose.COUNT, Streaming.NEVER);
    }

    /** What can be done with a stored answer, whose id the path holds. */
    public static Operation stored(String method, String path) {
        return new Operation(method, path, Purpose.STORED, Streaming.NEVER);
    }

    public boolean isOfStored() {
        return purpose == Purpose.STORED;
    }

    public boolean countsTokens() {
        return purpose == Purpose.COUNT;
    }
}

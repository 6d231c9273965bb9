package dev.sluice.wire;

/** Adds up how many tokens a prompt may have; see {@link StringScan} for what a string weighs. */
final class PromptEstimate {
    /**
     * A picture or a file in base64, whatever its length: providers scale pictures down before they count them, and
     * about 1,600 is what the largest one costs after that.
     */
    static final long OPAQUE_TOKENS = 1_600;

    /** A prompt that the provider keeps: how long it is only the provider knows, but shorter ones are not kept. */
    static final long CACHE_TOKENS = 4_096;

    private long quarters;
    private long opaque;
    private long cached;
    private long counted;

    void text(StringScan text) {
        if (text.opaque()) {
            opaque++;
        } else {
            quarters += text.quarters();
        }
    }

    void linkedPicture() {
        opaque++;
    }

    void cache() {
        cached += CACHE_TOKENS;
    }

    void name(String name) {
        quarters += name.length();
    }

    /** What is sent as tokens needs no estimate. */
    void tokens(long tokens) {
        counted += tokens;
    }

    /** At least one: no request is so small that it is worth nothing. */
    long tokens() {
        return Math.max(1, Math.ceilDiv(quarters, 4) + opaque * OPAQUE_TOKENS + cached + counted);
    }
}

package dev.sluice.wire;

/**
 * Tokens of one answer in disjoint classes, whatever way its format counts them.
 *
 * @param inputTokens        prompt tokens at the plain rate: without cache reads and writes
 * @param cachedInputTokens  prompt tokens read from a cache
 * @param cacheWrite5mTokens prompt tokens written at the short rate (5 minutes; OpenAI 30), and writes of untold life time
 * @param cacheWrite1hTokens prompt tokens written at the long rate (1 hour; OpenAI 12 hours)
 * @param outputTokens       everything generated, reasoning included
 * @param reasoningTokens    the part of {@code outputTokens} spent on reasoning, as far as told
 * @param inputAudioTokens   the part of {@code inputTokens} that is audio
 * @param outputAudioTokens  the part of {@code outputTokens} that is audio
 * @param inputImageTokens   the part of {@code inputTokens} that is images
 * @param outputImageTokens  the part of {@code outputTokens} that is images
 * @param webSearches        searches run by the provider, billed apart
 */
public record Usage(
        long inputTokens,
        long cachedInputTokens,
        long cacheWrite5mTokens,
        long cacheWrite1hTokens,
        long outputTokens,
        long reasoningTokens,
        long inputAudioTokens,
        long outputAudioTokens,
        long inputImageTokens,
        long outputImageTokens,
        long webSearches) {

    public static Usage ofText(long inputTokens, long outputTokens) {
        return new Usage(inputTokens, 0, 0, 0, outputTokens, 0, 0, 0, 0, 0, 0);
    }

    public Usage withOutput(long tokens) {
        return new Usage(
                inputTokens,
                cachedInputTokens,
                cacheWrite5mTokens,
                cacheWrite1hTokens,
                tokens,
                reasoningTokens,
                inputAudioTokens,
                outputAudioTokens,
                inputImageTokens,
                outputImageTokens,
                webSearches);
    }

    public Usage withWebSearches(long searches) {
        return new Usage(
                inputTokens,
                cachedInputTokens,
                cacheWrite5mTokens,
                cacheWrite1hTokens,
                outputTokens,
                reasoningTokens,
                inputAudioTokens,
                outputAudioTokens,
                inputImageTokens,
                outputImageTokens,
                searches);
    }

    /** The whole prompt: plain, read from and written to caches. */
    public long promptTokens() {
        return inputTokens + cachedInputTokens + cacheWrite5mTokens + cacheWrite1hTokens;
    }
}

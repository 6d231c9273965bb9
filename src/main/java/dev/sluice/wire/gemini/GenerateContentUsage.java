package dev.sluice.wire.gemini;

import dev.sluice.wire.Counts;
import dev.sluice.wire.Usage;
import dev.sluice.wire.gemini.GenerateContentAnswers.Field;
import org.jspecify.annotations.Nullable;

/**
 * The counts of one event. Each is a running total, so the last event that tells a prompt is the bill; on Vertex earlier ones tell only what
 * kind of traffic it is.
 *
 * <p>What was read from a cache is part of the prompt; thoughts and what built-in tools brought in are not part of what stands beside
 * them.
 */
final class GenerateContentUsage {
    private enum Modality {
        AUDIO,
        IMAGE
    }

    private final Counts<Field> counts = new Counts<>(Field.class);
    private long promptAudio;
    private long promptImage;
    private long cachedAudio;
    private long cachedImage;
    private long outputAudio;
    private long outputImage;

    // The modality that is being told.
    private @Nullable Modality modality;
    private long modalityTokens;

    void clear() {
        counts.clear();
        promptAudio = 0;
        promptImage = 0;
        cachedAudio = 0;
        cachedImage = 0;
        outputAudio = 0;
        outputImage = 0;
    }

    void tell(Field field, long count) {
        counts.tell(field, count);
    }

    void beginModality() {
        modality = null;
        modalityTokens = 0;
    }

    void modality(String name) {
        modality = switch (name) {
            case "AUDIO" -> Modality.AUDIO;
            case "IMAGE" -> Modality.IMAGE;
            default -> null;
        };
    }

    void modalityTokens(long tokens) {
        modalityTokens = Math.max(0, tokens);
    }

    void endModality(Field of) {
        if (modality == null) {
            return;
        }
        var audio = modality == Modality.AUDIO ? modalityTokens : 0;
        var image = modality == Modality.IMAGE ? modalityTokens : 0;
        switch (of) {
            case PROMPT_PART, TOOL_PROMPT_PART -> {
                promptAudio += audio;
                promptImage += image;
            }
            case CACHED_PART -> {
                cachedAudio += audio;
                cachedImage += image;
            }
            default -> {
                outputAudio += audio;
                outputImage += image;
            }
        }
    }

    boolean isTold() {
        return counts.tells(Field.PROMPT_TOKENS);
    }

    /** @param searches run by the provider for the answer */
    Usage toUsage(long searches) {
        var cached = counts.of(Field.CACHED_TOKENS);
        var thoughts = counts.of(Field.THOUGHTS_TOKENS);
        return new Usage(
                Math.max(0, counts.of(Field.PROMPT_TOKENS) - cached) + counts.of(Field.TOOL_PROMPT_TOKENS),
                cached,
                0,
                0,
                counts.of(Field.CANDIDATES_TOKENS) + thoughts,
                thoughts,
                Math.max(0, promptAudio - cachedAudio),
                outputAudio,
                Math.max(0, promptImage - cachedImage),
                outputImage,
                searches);
    }
}

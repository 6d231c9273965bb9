package dev.sluice.wire.chat;

import dev.sluice.wire.Usage;
import dev.sluice.wire.chat.ChatAnswers.Field;
import java.util.Arrays;

/** The counts of a {@code usage} object: what is cached or written is inside the prompt, reasoning inside the output. */
final class ChatUsage {
    private static final Field FIRST = Field.PROMPT_TOKENS;

    private final long[] counts = new long[Field.CACHE_N.ordinal() - FIRST.ordinal() + 1];
    private boolean told;
    private boolean clean;

    /** A new event; its counts are cumulative, so they take the place of every earlier one. */
    void forget() {
        if (!clean) {
            clean = true;
            told = false;
            Arrays.fill(counts, -1);
        }
    }

    void tell(Field field, long count) {
        int place = field.ordinal() - FIRST.ordinal();
        if (place >= 0 && place < counts.length) {
            counts[place] = count;
            clean = false;
            told |= count >= 0 && (field == Field.PROMPT_TOKENS || field == Field.COMPLETION_TOKENS);
        }
    }

    /** Whether there is anything to count by. */
    boolean told() {
        return told;
    }

    Usage toUsage() {
        long prompt = of(Field.PROMPT_TOKENS);
        long read = at(Field.CACHED_TOKENS) >= 0 ? of(Field.CACHED_TOKENS) : of(Field.CACHE_N);
        long cached = Math.min(read, prompt);
        long written = Math.min(of(Field.CACHE_WRITE_TOKENS), prompt - cached);
        long input = prompt - cached - written;
        long output = of(Field.COMPLETION_TOKENS);
        long inputAudio = Math.min(of(Field.INPUT_AUDIO_TOKENS), input);
        long outputAudio = Math.min(of(Field.OUTPUT_AUDIO_TOKENS), output);
        return new Usage(
                input,
                cached,
                written,
                0,
                output,
                of(Field.REASONING_TOKENS),
                inputAudio,
                outputAudio,
                Math.min(of(Field.INPUT_IMAGE_TOKENS), input - inputAudio),
                Math.min(of(Field.OUTPUT_IMAGE_TOKENS), output - outputAudio),
                of(Field.WEB_SEARCHES));
    }

    private long at(Field field) {
        return counts[field.ordinal() - FIRST.ordinal()];
    }

    private long of(Field field) {
        return Math.max(0, at(field));
    }
}

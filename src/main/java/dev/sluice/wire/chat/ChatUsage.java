package dev.sluice.wire.chat;

import dev.sluice.wire.Counts;
import dev.sluice.wire.Usage;
import dev.sluice.wire.chat.ChatAnswers.Field;

/** What a {@code usage} object comes to: what is cached or written is inside the prompt, reasoning inside the output. */
final class ChatUsage {
    private ChatUsage() {}

    /** Whether there is anything to count by. */
    static boolean isToldBy(Counts<Field> counts) {
        return counts.tells(Field.PROMPT_TOKENS) || counts.tells(Field.COMPLETION_TOKENS);
    }

    static Usage of(Counts<Field> counts) {
        long prompt = counts.of(Field.PROMPT_TOKENS);
        // llama.cpp tells what it had cached among its timings, and not always in its usage.
        long read = counts.of(counts.tells(Field.CACHED_TOKENS) ? Field.CACHED_TOKENS : Field.CACHE_N);
        long cached = Math.min(read, prompt);
        long written = Math.min(counts.of(Field.CACHE_WRITE_TOKENS), prompt - cached);
        long input = prompt - cached - written;
        long output = counts.of(Field.COMPLETION_TOKENS);
        long inputAudio = Math.min(counts.of(Field.INPUT_AUDIO_TOKENS), input);
        long outputAudio = Math.min(counts.of(Field.OUTPUT_AUDIO_TOKENS), output);
        return new Usage(
                input,
                cached,
                written,
                0,
                output,
                counts.of(Field.REASONING_TOKENS),
                inputAudio,
                outputAudio,
                Math.min(counts.of(Field.INPUT_IMAGE_TOKENS), input - inputAudio),
                Math.min(counts.of(Field.OUTPUT_IMAGE_TOKENS), output - outputAudio),
                counts.of(Field.WEB_SEARCHES));
    }
}

package dev.sluice.wire.responses;

import dev.sluice.wire.Counts;
import dev.sluice.wire.Usage;
import dev.sluice.wire.responses.ResponsesAnswers.Field;

/** What a response's counts come to: what is cached or written is inside the input, reasoning inside the output. */
final class ResponsesUsage {
    private ResponsesUsage() {}

    /** Whether there is anything to count by. */
    static boolean isToldBy(Counts<Field> counts) {
        return counts.tells(Field.INPUT_TOKENS) || counts.tells(Field.OUTPUT_TOKENS);
    }

    static Usage of(Counts<Field> counts) {
        long all = counts.of(Field.INPUT_TOKENS);
        long cached = Math.min(counts.of(Field.CACHED_TOKENS), all);
        long written = Math.min(counts.of(Field.CACHE_WRITE_TOKENS), all - cached);
        long writtenFor12h = Math.min(counts.of(Field.CACHE_WRITE_12H_TOKENS), written);
        return new Usage(
                all - cached - written,
                cached,
                written - writtenFor12h,
                writtenFor12h,
                counts.of(Field.OUTPUT_TOKENS),
                counts.of(Field.REASONING_TOKENS),
                0,
                0,
                0,
                0,
                counts.of(Field.WEB_SEARCHES));
    }
}

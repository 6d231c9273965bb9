package dev.sluice.wire.responses;

import dev.sluice.wire.Usage;
import dev.sluice.wire.responses.ResponsesAnswers.Field;
import java.util.Arrays;

/** The counts of a response: what is cached or written is inside the input, reasoning inside the output. */
final class ResponsesUsage {
    private static final Field FIRST = Field.INPUT_TOKENS;

    private final long[] counts = new long[Field.WEB_SEARCHES.ordinal() - FIRST.ordinal() + 1];

    ResponsesUsage() {
        Arrays.fill(counts, -1);
    }

    void tell(Field field, long count) {
        int place = field.ordinal() - FIRST.ordinal();
        if (place >= 0 && place < counts.length) {
            counts[place] = count;
        }
    }

    /** Whether there is anything to count by. */
    boolean told() {
        return at(Field.INPUT_TOKENS) >= 0 || at(Field.OUTPUT_TOKENS) >= 0;
    }

    Usage toUsage() {
        long all = of(Field.INPUT_TOKENS);
        long cached = Math.min(of(Field.CACHED_TOKENS), all);
        long written = Math.min(of(Field.CACHE_WRITE_TOKENS), all - cached);
        long writtenFor12h = Math.min(of(Field.CACHE_WRITE_12H_TOKENS), written);
        return new Usage(
                all - cached - written,
                cached,
                written - writtenFor12h,
                writtenFor12h,
                of(Field.OUTPUT_TOKENS),
                of(Field.REASONING_TOKENS),
                0,
                0,
                0,
                0,
                of(Field.WEB_SEARCHES));
    }

    private long at(Field field) {
        return counts[field.ordinal() - FIRST.ordinal()];
    }

    private long of(Field field) {
        return Math.max(0, at(field));
    }
}

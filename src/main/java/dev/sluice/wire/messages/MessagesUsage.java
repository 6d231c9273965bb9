package dev.sluice.wire.messages;

import dev.sluice.wire.Counts;
import dev.sluice.wire.Usage;
import dev.sluice.wire.messages.MessagesAnswers.Field;
import org.jspecify.annotations.Nullable;

/**
 * The counts of a message's usage, which come several times in a stream: each one told takes the place of the one before,
 * none is ever added up. Only iterations are: the totals leave compaction out, so where iterations are told, their sums are
 * the bill.
 */
final class MessagesUsage {
    private final Counts<Field> totals = new Counts<>(Field.class);
    private @Nullable Counts<Field> sums;
    private @Nullable Counts<Field> declined;
    private boolean fallback;

    private @Nullable Counts<Field> iteration;
    private boolean iterationIsMessage;

    void tell(Field field, long count) {
        (iteration == null ? totals : iteration).tell(field, count);
    }

    void beginIteration() {
        iteration = new Counts<>(Field.class);
        iterationIsMessage = false;
    }

    void iterationType(boolean isMessage, boolean isFallback) {
        iterationIsMessage = isMessage;
        fallback |= isFallback;
    }

    void endIteration() {
        var ended = iteration;
        iteration = null;
        if (sums == null || declined == null) {
            sums = new Counts<>(Field.class);
            declined = new Counts<>(Field.class);
        }
        if (ended != null) {
            // An attempt that another model took over before it had put out anything is not billed.
            boolean withoutOutput = iterationIsMessage && ended.of(Field.OUTPUT_TOKENS) == 0;
            (withoutOutput ? declined : sums).add(ended);
        }
    }

    /** Takes over what an event has told. */
    void update(MessagesUsage event) {
        totals.replaceBy(event.totals);
        if (event.sums != null && event.declined != null) {
            sums = new Counts<>(Field.class);
            sums.add(event.sums);
            if (!event.fallback) {
                sums.add(event.declined);
            }
        }
    }

    /** Whether there is anything to count by. */
    boolean isTold() {
        return sums != null || totals.tells(Field.INPUT_TOKENS) || totals.tells(Field.OUTPUT_TOKENS);
    }

    Usage toUsage() {
        // The split of the writes stands in message_start only; those that come later are of the short kind.
        long writtenFor1h = billed(Field.CACHE_WRITE_1H_TOKENS);
        return new Usage(
                billed(Field.INPUT_TOKENS),
                billed(Field.CACHE_READ_TOKENS),
                Math.max(0, billed(Field.CACHE_WRITE_TOKENS) - writtenFor1h),
                writtenFor1h,
                billed(Field.OUTPUT_TOKENS),
                totals.of(Field.THINKING_TOKENS),
                0,
                0,
                0,
                0,
                totals.of(Field.WEB_SEARCHES));
    }

    private long billed(Field field) {
        return sums != null && sums.tells(field) ? sums.of(field) : totals.of(field);
    }
}

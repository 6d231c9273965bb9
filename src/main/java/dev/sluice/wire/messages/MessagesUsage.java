package dev.sluice.wire.messages;

import dev.sluice.wire.Usage;
import dev.sluice.wire.messages.MessagesAnswers.Field;
import java.util.Arrays;

/**
 * The counts of a message's usage, which come several times in a stream: each one told takes the place of the one before,
 * none is ever added up. Only iterations are: the totals leave compaction out, so where iterations are told, their sums are
 * the bill.
 */
final class MessagesUsage {
    private static final int FIRST = Field.INPUT_TOKENS.ordinal();
    private static final int FIRST_OF_ITERATION = Field.ITERATION_INPUT_TOKENS.ordinal();

    /** Plain, output, read, written and written for an hour: in the order of the fields, alone and in iterations. */
    private static final int CLASSES = 5;

    private final long[] counts = untold(Field.WEB_SEARCHES.ordinal() - FIRST + 1);
    private boolean iterated;
    private boolean fallback;
    private long[] iteration = {};
    private long[] sums = {};
    private long[] declined = {};
    private boolean iterationIsMessage;

    private static long[] untold(int length) {
        var counts = new long[length];
        Arrays.fill(counts, -1);
        return counts;
    }

    void tell(Field field, long count) {
        int place = field.ordinal() - FIRST;
        int ofIteration = field.ordinal() - FIRST_OF_ITERATION;
        if (count < 0) {
            return;
        }
        if (place >= 0 && place < counts.length) {
            counts[place] = count;
        } else if (ofIteration >= 0 && ofIteration < iteration.length) {
            iteration[ofIteration] = count;
        }
    }

    void beginIterations() {
        iterated = false;
        fallback = false;
        sums = untold(CLASSES);
        declined = untold(CLASSES);
    }

    void beginIteration() {
        iteration = untold(CLASSES);
        iterationIsMessage = false;
    }

    void iterationType(boolean isMessage, boolean isFallback) {
        iterationIsMessage = isMessage;
        fallback |= isFallback;
    }

    void endIteration() {
        iterated = true;
        // An attempt that another model took over before it had put out anything is not billed.
        boolean withoutOutput = iterationIsMessage && Math.max(0, iteration[1]) == 0;
        add(iteration, withoutOutput ? declined : sums);
        iteration = new long[0];
    }

    private static void add(long[] counts, long[] to) {
        for (int i = 0; i < CLASSES && i < to.length; i++) {
            if (counts[i] >= 0) {
                to[i] = Math.max(0, to[i]) + counts[i];
            }
        }
    }

    /** Takes over what an event has told. */
    void update(MessagesUsage event) {
        for (int i = 0; i < counts.length; i++) {
            counts[i] = event.counts[i] >= 0 ? event.counts[i] : counts[i];
        }
        if (event.iterated) {
            iterated = true;
            sums = event.sums.clone();
            if (!event.fallback) {
                add(event.declined, sums);
            }
        }
    }

    /** Whether there is anything to count by. */
    boolean told() {
        return iterated || counts[0] >= 0 || counts[1] >= 0;
    }

    Usage toUsage() {
        var bill = Arrays.copyOf(counts, CLASSES);
        if (iterated) {
            for (int i = 0; i < CLASSES; i++) {
                bill[i] = sums[i] >= 0 ? sums[i] : bill[i];
            }
        }
        long written = Math.max(0, bill[3]);
        // The split stands in message_start only; writes that come later are of the short kind.
        long writtenFor1h = Math.max(0, bill[4]);
        return new Usage(
                Math.max(0, bill[0]),
                Math.max(0, bill[2]),
                Math.max(0, written - writtenFor1h),
                writtenFor1h,
                Math.max(0, bill[1]),
                of(Field.THINKING_TOKENS),
                0,
                0,
                0,
                0,
                of(Field.WEB_SEARCHES));
    }

    private long of(Field field) {
        return Math.max(0, counts[field.ordinal() - FIRST]);
    }
}

package dev.sluice.hook;

import dev.sluice.hook.Letters.Dead;
import dev.sluice.hook.Letters.Totals;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.jspecify.annotations.Nullable;

/**
 * Queues as they lie where all nodes reach them. Whatever fails may have happened all the same, now or in a moment; whatever is not said to depend on a condition may be
 * done again.
 */
interface Queues {
    /**
     * A queue that there is.
     *
     * @param holder null when nobody holds it
     */
    record Listed(UUID queue, @Nullable String holder, int oldest, int newest) {}

    /** A letter that others have left. */
    record Found(
            int number,
            int body,
            String message,
            String hook,
            String event,
            String requestId,
            long created,
            int size,
            int attempts,
            long due) {}

    /** A letter's row, as it is to be: letters go on changing while it is written. */
    record Entry(UUID queue, int number, int body, Letter letter, int attempts, long due, Duration kept) {
        static Entry of(Letter letter, Place place, Duration kept) {
            return new Entry(place.tenure.queue(), place.number, place.body, letter, letter.attempts, letter.due, kept);
        }

        int bucket() {
            return Buckets.of(number);
        }
    }

    /**
     * A letter that is to be buried.
     *
     * @param slot of this holder's day, which may have been taken before
     */
    record Grave(int slot, Dead dead) {}

    /** Makes a queue that is held from its beginning. When this fails, it may or may not be there, and nobody minds. */
    CompletionStage<Boolean> make(UUID queue, Duration lease, Duration kept);

    /** Oldest first. */
    CompletionStage<List<Listed>> list();

    /** Only one that nobody holds, and that is as it was listed. */
    CompletionStage<Boolean> claim(Listed queue, Duration lease);

    /** Only while it is held, as what follows. */
    CompletionStage<Boolean> renew(UUID queue, Duration lease);

    CompletionStage<Boolean> release(UUID queue);

    CompletionStage<Boolean> delete(UUID queue);

    CompletionStage<Boolean> markOldest(UUID queue, int oldest, Duration kept);

    /** And unless it is marked higher. */
    CompletionStage<Boolean> mark(UUID queue, int oldest, int newest, Duration kept);

    /**
     * Writes letters, each with its body first.
     *
     * @param body how long bodies are kept
     */
    CompletionStage<Done> add(List<Entry> entries, Duration body);

    /** New rows for letters that have others; their bodies stay. */
    CompletionStage<Done> copy(List<Entry> entries);

    CompletionStage<List<Found>> bucket(UUID queue, int bucket);

    CompletionStage<Optional<byte[]>> body(UUID queue, int body);

    /** How often they were tried, and when they are due. */
    CompletionStage<Done> postpone(List<Entry> entries);

    /** Rows first: one without its body looks like a letter that was not delivered. */
    CompletionStage<Done> remove(List<Entry> entries, boolean bodies);

    CompletionStage<Done> bury(List<Grave> graves);

    /** Absolute. */
    CompletionStage<Done> count(Map<String, Totals> totals);

    CompletionStage<Map<String, Totals>> totals();

    /** The latest that were buried in the last days, latest first. */
    CompletionStage<List<Hooks.DeadLetter>> dead(int most);
}

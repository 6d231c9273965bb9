package dev.sluice.hook;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Objects;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class BucketsTest {
    private final Buckets buckets = new Buckets();

    private static Letter letter(long id) {
        return new Letter(id, "msg_" + id, "hook", "entire_request", "req_" + id, 0, 10, true, null);
    }

    @Test
    void theOldestIsTheFirstThatHasLettersOrTheOneThatGetsThem() {
        assertThat(buckets.oldest(7)).isEqualTo(7);
        buckets.put(2_500, letter(1));
        buckets.put(3_500, letter(2));
        assertThat(buckets.oldest(7)).isEqualTo(2);
        buckets.remove(2_500);
        buckets.remove(2_500);
        assertThat(buckets.oldest(7)).isEqualTo(3);
        assertThat(buckets.size()).isEqualTo(1);
    }

    /**
     * Whatever part of its letters a hook does not take: as long as stragglers are moved, whoever inherits the queue reads a few buckets, or some that are not nearly empty, and
     * moves are fewer than letters.
     */
    @Property(tries = 20)
    void aQueueThatIsTidiedUpIsShortOrFull(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 1_500) int staying,
            @ForAll @IntRange(max = 30) int slow) {
        var random = new Random(seed);
        var tidied = new Buckets();
        var next = 0;
        var moves = 0;
        var numbers = new HashMap<Letter, Integer>();
        var stay = new ArrayDeque<Letter>();
        var letters = 150_000;
        for (var nth = 0; nth < letters; nth++) {
            var letter = letter(nth);
            tidied.put(next, letter);
            numbers.put(letter, next++);
            if (random.nextInt(100) < slow) {
                stay.add(letter);
            } else {
                tidied.remove(Objects.requireNonNull(numbers.remove(letter)));
            }
            if (stay.size() > staying) {
                tidied.remove(Objects.requireNonNull(numbers.remove(stay.remove())));
            }
            for (var some = tidied.stragglers(Buckets.of(next - 1));
                    !some.isEmpty();
                    some = tidied.stragglers(Buckets.of(next - 1))) {
                for (var straggler : new ArrayList<>(some)) {
                    tidied.remove(Objects.requireNonNull(numbers.get(straggler)));
                    tidied.put(next, straggler);
                    numbers.put(straggler, next++);
                    moves++;
                }
            }
        }
        var newest = Buckets.of(next - 1);
        var length = newest - tidied.oldest(newest) + 1;
        assertThat(length).isLessThanOrEqualTo(Math.max(Buckets.FEW, 4 * tidied.size() / Buckets.SIZE + 1));
        assertThat(moves).isLessThan(letters);
        assertThat(tidied.size()).isEqualTo(stay.size());
    }
}

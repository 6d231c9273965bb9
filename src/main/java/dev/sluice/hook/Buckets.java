package dev.sluice.hook;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A queue's letters that are not done, by the bucket in which they lie. */
final class Buckets {
    /** Never to be changed: it says in which partition a letter lies. */
    static final int SIZE = 1000;

    /** Over so few buckets letters may lie apart. */
    static final int FEW = 32;

    /** Of a queue that is longer, at least such a part of its places is to be taken. */
    private static final int SPARSE = 4;

    private static final class Bucket {
        final @Nullable Letter[] letters = new @Nullable Letter[SIZE];
        int left;
    }

    private final TreeMap<Integer, Bucket> all = new TreeMap<>();
    private int size;

    static int of(int number) {
        return number / SIZE;
    }

    void put(int number, Letter letter) {
        var bucket = all.computeIfAbsent(of(number), _ -> new Bucket());
        if (bucket.letters[number % SIZE] == null) {
            bucket.left++;
            size++;
        }
        bucket.letters[number % SIZE] = letter;
    }

    void remove(int number) {
        var bucket = all.get(of(number));
        if (bucket == null || bucket.letters[number % SIZE] == null) {
            return;
        }
        bucket.letters[number % SIZE] = null;
        size--;
        if (--bucket.left == 0) {
            all.remove(of(number));
        }
    }

    boolean isEmpty() {
        return size == 0;
    }

    int size() {
        return size;
    }

    /** The first that has letters, or one that may get some. */
    int oldest(int newest) {
        return all.isEmpty() ? newest : Math.min(newest, all.firstKey());
    }

    /**
     * Letters that keep the queue long, and had better be moved to its end; none as long as it is short, or full: whoever inherits it reads all buckets from the oldest to the
     * newest. As only queues are tidied up that are mostly empty, a letter is moved a few times at most for each that is added.
     */
    List<Letter> stragglers(int newest) {
        var length = newest - oldest(newest) + 1L;
        if (length <= FEW || (long) size * SPARSE >= length * SIZE) {
            return List.of();
        }
        return new ArrayList<>(Arrays.stream(all.firstEntry().getValue().letters)
                .filter(Objects::nonNull)
                .toList());
    }
}

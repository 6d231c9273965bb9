package dev.sluice.quota;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Requests that are over, so that hearing of one again changes nothing. A door repeats itself seconds after an acknowledgement got
 * lost, and gives up only with its node: the last {@link #KEEP_AT_LEAST} are kept however old, those of the last {@link #KEEP_FOR} up
 * to {@link #KEEP_AT_MOST}. That is little for a quiet bucket and, for the busiest one, three seconds at 5,000 requests a second.
 *
 * <p>When each was over is known to the second, and all of a second share its instant. In a snapshot, which a bucket stands still for,
 * an instant a request was half of the bytes and most of the time.
 *
 * <p>A ring of arrays, in order of age, and a hash table of places in it (open addressing, linear probing). A linked map is five objects a
 * request, all of which live long enough to be copied by the collector, chained so that it copies one after the other; that was
 * most of the pauses of a busy node. Here it is the id alone.
 */
final class RecentIds {
    static final int KEEP_AT_LEAST = 256;
    static final int KEEP_AT_MOST = 16_384;
    static final Duration KEEP_FOR = Duration.ofMinutes(10);

    /** Requests that were over in one second, in their order, and what each was charged: two lists, for a map takes twice as long. */
    record Second(Instant at, List<String> ids, List<Long> charged) {
        Second {
            if (ids.size() != charged.size()) {
                throw new IllegalArgumentException(
                        "charged: %d costs (expected: one for each of %d ids)".formatted(charged.size(), ids.size()));
            }
        }

        /** Reads what was written when each request had an instant of its own, too. */
        @JsonCreator
        static Second of(
                @JsonProperty("at") Instant at,
                @JsonProperty("ids") @Nullable List<String> ids,
                @JsonProperty("charged") @Nullable List<Long> charged,
                @JsonProperty("id") @Nullable String id,
                @JsonProperty("nanos") long nanos) {
            if (ids != null && charged != null) {
                return new Second(at, ids, charged);
            }
            return new Second(at, List.of(Objects.requireNonNull(id, "ids or id")), List.of(nanos));
        }
    }

    private static final int SMALLEST = 16;
    private static final int EMPTY = 0;

    /** By age, the oldest at {@link #first}; null where one was forgotten in the middle. */
    private @Nullable String[] ids = new String[SMALLEST];

    private long[] nanos = new long[SMALLEST];
    private long[] seconds = new long[SMALLEST];

    /** Places in the ring, plus one; twice as many as the ring has, so that a search ends soon. */
    private int[] table = new int[2 * SMALLEST];

    private int first;
    private int used;
    private int size;

    static RecentIds of(List<Second> seconds) {
        var recent = new RecentIds();
        for (var second : seconds) {
            for (var i = 0; i < second.ids().size(); i++) {
                recent.put(
                        second.ids().get(i),
                        second.charged().get(i),
                        second.at().getEpochSecond());
            }
        }
        return recent;
    }

    List<Second> list() {
        var list = new ArrayList<Second>();
        for (var i = 0; i < used; i++) {
            var slot = slot(i);
            var id = ids[slot];
            if (id == null) {
                continue;
            }
            var at = Instant.ofEpochSecond(seconds[slot]);
            if (list.isEmpty() || !list.getLast().at().equals(at)) {
                list.add(new Second(at, new ArrayList<>(), new ArrayList<>()));
            }
            var last = list.getLast();
            last.ids().add(id);
            last.charged().add(nanos[slot]);
        }
        return list;
    }

    boolean contains(String id) {
        return table[find(id)] != EMPTY;
    }

    void add(String id, long charged, Instant at) {
        var second = at.getEpochSecond();
        put(id, charged, second);
        var horizon = second - KEEP_FOR.toSeconds();
        while (size > KEEP_AT_LEAST && seconds[first] < horizon) {
            forgetOldest();
        }
    }

    /**
     * Forgets it.
     *
     * @return what it was charged; 0 if it is not known
     */
    long remove(String id) {
        var place = find(id);
        if (table[place] == EMPTY) {
            return 0;
        }
        var slot = table[place] - 1;
        vacate(place);
        ids[slot] = null;
        size--;
        dropForgotten();
        return nanos[slot];
    }

    /** One that is known already keeps its place. */
    private void put(String id, long charged, long second) {
        var place = find(id);
        if (table[place] != EMPTY) {
            set(table[place] - 1, id, charged, second);
            return;
        }
        if (size == KEEP_AT_MOST) {
            forgetOldest();
        }
        if (used == ids.length) {
            makeRoom();
        }
        var slot = slot(used);
        set(slot, id, charged, second);
        // What was forgotten, or moved, may have changed where it belongs.
        table[find(id)] = slot + 1;
        used++;
        size++;
    }

    private void set(int slot, String id, long charged, long second) {
        ids[slot] = id;
        nanos[slot] = charged;
        seconds[slot] = second;
    }

    private void forgetOldest() {
        var id = ids[first];
        if (id != null) {
            remove(id);
        }
    }

    /** The ring begins with one that is known. */
    private void dropForgotten() {
        while (used > 0 && ids[first] == null) {
            first = slot(1);
            used--;
        }
    }

    /** Into arrays twice as large as what is known: those forgotten in the middle take no place in them. */
    private void makeRoom() {
        var oldIds = ids;
        var oldNanos = nanos;
        var oldSeconds = seconds;
        var oldFirst = first;
        var length = Math.max(SMALLEST, 2 * Integer.highestOneBit(Math.max(1, size)));
        ids = new String[length];
        nanos = new long[length];
        seconds = new long[length];
        table = new int[2 * length];
        first = 0;
        used = 0;
        for (var i = 0; i < oldIds.length; i++) {
            var old = (oldFirst + i) & (oldIds.length - 1);
            var id = oldIds[old];
            if (id != null) {
                set(used, id, oldNanos[old], oldSeconds[old]);
                table[find(id)] = ++used;
            }
        }
    }

    private int slot(int age) {
        return (first + age) & (ids.length - 1);
    }

    // --- the table

    /** Where the table holds it, or the empty place where it would. */
    private int find(String id) {
        var place = home(id);
        while (table[place] != EMPTY && !id.equals(ids[table[place] - 1])) {
            place = next(place);
        }
        return place;
    }

    /** Empties a place, and moves into it what would no longer be found behind it. */
    private void vacate(int place) {
        var hole = place;
        for (var at = next(hole); table[at] != EMPTY; at = next(at)) {
            var fromHome = (at - home(Objects.requireNonNull(ids[table[at] - 1]))) & (table.length - 1);
            var fromHole = (at - hole) & (table.length - 1);
            if (fromHome >= fromHole) {
                table[hole] = table[at];
                hole = at;
            }
        }
        table[hole] = EMPTY;
    }

    private int home(String id) {
        var hash = id.hashCode() * 0x9E37_79B9;
        return hash >>> (Integer.numberOfLeadingZeros(table.length) + 1);
    }

    private int next(int place) {
        return (place + 1) & (table.length - 1);
    }
}

package dev.sluice.key;

import java.time.Instant;
import java.util.Comparator;

/** Where a key stands in the list: the latest first. */
record Place(Instant created, String id) implements Comparable<Place> {
    private static final Comparator<Place> LATEST_FIRST =
            Comparator.comparing(Place::created).reversed().thenComparing(Place::id);

    static Place of(KeyRecord key) {
        return new Place(key.created(), key.id());
    }

    @Override
    public int compareTo(Place other) {
        return LATEST_FIRST.compare(this, other);
    }
}

package dev.sluice.identity;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What was found out a short while ago. Bounded: when it is full, what is stale goes, and if nothing is, everything. */
final class Remembered<K, V> {
    private final int most;
    private final InstantSource clock;
    private final ConcurrentHashMap<K, Item<V>> items = new ConcurrentHashMap<>();

    /** A clock that was set back does not make anything last longer. */
    private record Item<V>(V value, Instant since, Instant until) {
        boolean isFresh(Instant now) {
            return !now.isBefore(since) && now.isBefore(until);
        }
    }

    Remembered(int most, InstantSource clock) {
        this.most = most;
        this.clock = clock;
    }

    /** Null when it is not known, or not any more. */
    @Nullable
    V get(K key) {
        var item = items.get(key);
        return item != null && item.isFresh(clock.instant()) ? item.value() : null;
    }

    void put(K key, V value, Duration life) {
        var now = clock.instant();
        if (life.isZero() || life.isNegative()) {
            items.remove(key);
            return;
        }
        if (items.size() >= most) {
            items.values().removeIf(item -> !item.isFresh(now));
        }
        if (items.size() >= most) {
            items.clear();
        }
        items.put(key, new Item<>(value, now, now.plus(life)));
    }

    int size() {
        return items.size();
    }
}

package dev.sluice.key;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/** All keys there are, as far as this node has heard. */
final class Keyring {
    private final ConcurrentHashMap<String, RingKey> byId = new ConcurrentHashMap<>();
    private final ConcurrentSkipListMap<Place, RingKey> inOrder = new ConcurrentSkipListMap<>();
    private final RingKey.Surroundings surroundings;

    Keyring(RingKey.Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Nullable
    RingKey get(String id) {
        return byId.get(id);
    }

    int size() {
        return byId.size();
    }

    /** What is heard twice is one. */
    RingKey add(KeyRecord key, String sha256) {
        var ringKey = byId.computeIfAbsent(key.id(), _ -> new RingKey(key, KeyHash.ofHex(sha256), surroundings));
        inOrder.putIfAbsent(ringKey.place(), ringKey);
        return ringKey;
    }

    /** Ids of keys, the latest first; none after one that nobody knows. */
    List<String> page(@Nullable String owner, int limit, @Nullable String before) {
        return rest(before).values().stream()
                .filter(key -> owner == null || owner.equals(key.owner()))
                .limit(limit)
                .map(key -> key.place().id())
                .toList();
    }

    private SortedMap<Place, RingKey> rest(@Nullable String before) {
        if (before == null) {
            return inOrder;
        }
        var last = byId.get(before);
        return last == null ? Collections.emptySortedMap() : inOrder.tailMap(last.place(), false);
    }
}

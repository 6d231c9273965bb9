package dev.sluice.quota;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Requests that are over, so that hearing of one again changes nothing. A door repeats itself seconds after an acknowledgement got
 * lost, and gives up only with its node: the last {@link #KEEP_AT_LEAST} are kept however old, those of the last {@link #KEEP_FOR} up
 * to {@link #KEEP_AT_MOST}. That is little for a quiet bucket and, for the busiest one, three seconds at 5,000 requests a second.
 */
final class RecentIds {
    static final int KEEP_AT_LEAST = 256;
    static final int KEEP_AT_MOST = 16_384;
    static final Duration KEEP_FOR = Duration.ofMinutes(10);

    /** A request that is over, and what it was charged. */
    record Recent(String id, long nanos, Instant at) {}

    private final LinkedHashMap<String, Recent> ids = new LinkedHashMap<>();

    static RecentIds of(List<Recent> recents) {
        var ids = new RecentIds();
        recents.forEach(recent -> ids.ids.put(recent.id(), recent));
        return ids;
    }

    List<Recent> list() {
        return List.copyOf(ids.values());
    }

    boolean contains(String id) {
        return ids.containsKey(id);
    }

    void add(String id, long nanos, Instant at) {
        ids.put(id, new Recent(id, nanos, at));
        if (ids.size() > KEEP_AT_LEAST) {
            forgetBefore(at.minus(KEEP_FOR));
        }
    }

    @Nullable
    Recent remove(String id) {
        return ids.remove(id);
    }

    private void forgetBefore(Instant horizon) {
        while (ids.size() > KEEP_AT_MOST
                || (ids.size() > KEEP_AT_LEAST
                        && ids.firstEntry().getValue().at().isBefore(horizon))) {
            ids.pollFirstEntry();
        }
    }
}

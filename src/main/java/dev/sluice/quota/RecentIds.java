package dev.sluice.quota;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
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

    private record Recent(long nanos, Instant at) {}

    private final LinkedHashMap<String, Recent> ids = new LinkedHashMap<>();
    private Instant second = Instant.EPOCH;

    static RecentIds of(List<Second> seconds) {
        var recent = new RecentIds();
        for (var second : seconds) {
            for (var i = 0; i < second.ids().size(); i++) {
                recent.put(second.ids().get(i), second.charged().get(i), second.at());
            }
        }
        return recent;
    }

    List<Second> list() {
        var seconds = new ArrayList<Second>();
        for (var entry : ids.entrySet()) {
            var recent = entry.getValue();
            if (seconds.isEmpty() || !seconds.getLast().at().equals(recent.at())) {
                seconds.add(new Second(recent.at(), new ArrayList<>(), new ArrayList<>()));
            }
            var last = seconds.getLast();
            last.ids().add(entry.getKey());
            last.charged().add(recent.nanos());
        }
        return seconds;
    }

    boolean contains(String id) {
        return ids.containsKey(id);
    }

    void add(String id, long nanos, Instant at) {
        put(id, nanos, at);
        if (ids.size() > KEEP_AT_LEAST) {
            forgetBefore(second.minus(KEEP_FOR));
        }
    }

    /**
     * Forgets it.
     *
     * @return what it was charged; 0 if it is not known
     */
    long remove(String id) {
        var recent = ids.remove(id);
        return recent == null ? 0 : recent.nanos();
    }

    private void put(String id, long nanos, Instant at) {
        var itsSecond = at.truncatedTo(ChronoUnit.SECONDS);
        if (!itsSecond.equals(second)) {
            second = itsSecond;
        }
        ids.put(id, new Recent(nanos, second));
    }

    private void forgetBefore(Instant horizon) {
        while (ids.size() > KEEP_AT_MOST
                || (ids.size() > KEEP_AT_LEAST
                        && ids.firstEntry().getValue().at().isBefore(horizon))) {
            ids.pollFirstEntry();
        }
    }
}

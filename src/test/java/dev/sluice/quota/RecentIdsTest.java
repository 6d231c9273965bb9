package dev.sluice.quota;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class RecentIdsTest {
    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

    /** Something that is done to it; those with a negative charge forget. */
    record Deed(int number, long nanos) {
        String id() {
            return "req_" + number;
        }
    }

    @Property(tries = 300)
    void remembersWhatAMapWouldInTheSameOrder(@ForAll("deeds") List<Deed> deeds) {
        var recent = new RecentIds();
        var model = new LinkedHashMap<String, Long>();
        for (var deed : deeds) {
            if (deed.nanos() < 0) {
                var forgotten = model.remove(deed.id());
                assertThat(recent.remove(deed.id())).isEqualTo(forgotten == null ? 0 : forgotten);
            } else {
                recent.add(deed.id(), deed.nanos(), NOON);
                model.put(deed.id(), deed.nanos());
            }
            assertThat(recent.contains(deed.id())).isEqualTo(model.containsKey(deed.id()));
        }

        assertThat(listed(recent)).containsExactlyEntriesOf(model);
        assertThat(listed(RecentIds.of(recent.list()))).containsExactlyEntriesOf(model);
    }

    /** Few ids and many deeds: places are vacated, moved into and found again; many ids: the ring grows. */
    @Provide
    Arbitrary<List<Deed>> deeds() {
        return Arbitraries.of(4, 40, 250)
                .flatMap(most -> Combinators.combine(
                                Arbitraries.integers().between(0, most - 1),
                                Arbitraries.longs().between(-4, 8))
                        .as(Deed::new)
                        .list()
                        .ofMinSize(most)
                        .ofMaxSize(4 * most));
    }

    @Test
    void forgetsTheOldestOfManyHoweverOftenTheRingHasGoneRound() {
        var recent = new RecentIds();
        for (var i = 0; i < 5 * RecentIds.KEEP_AT_MOST + 7; i++) {
            recent.add("req_" + i, i, NOON.plusMillis(i / 100));
        }

        var last = 5 * RecentIds.KEEP_AT_MOST + 6;
        assertThat(listed(recent)).hasSize(RecentIds.KEEP_AT_MOST);
        assertThat(recent.contains("req_" + last)).isTrue();
        assertThat(recent.contains("req_" + (last - RecentIds.KEEP_AT_MOST + 1)))
                .isTrue();
        assertThat(recent.contains("req_" + (last - RecentIds.KEEP_AT_MOST))).isFalse();
    }

    private static Map<String, Long> listed(RecentIds recent) {
        var listed = new LinkedHashMap<String, Long>();
        for (var second : recent.list()) {
            for (var i = 0; i < second.ids().size(); i++) {
                assertThat(listed.put(second.ids().get(i), second.charged().get(i)))
                        .isNull();
            }
        }
        return listed;
    }
}

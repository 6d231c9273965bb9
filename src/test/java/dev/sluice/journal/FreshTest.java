package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.statistics.Statistics;
import org.junit.jupiter.api.Test;

/** Whatever happens to the writer, what is fresh is what the file would have said, or the file is asked. */
class FreshTest {
    private static final List<String> TAGS = List.of("red", "blue");

    /** What happens next. */
    sealed interface Step {
        /** A transaction of so many events, of entities and with tags that follow from the number. */
        record Commit(int events) implements Step {}

        /** Orderings were given to events that nobody will ever see, or, worse, to some that reached the file. */
        record Rollback(int events, boolean reachedTheFile) implements Step {}

        record Delete(int entity, int upTo) implements Step {}

        /** A follower looks, from where it stands. */
        record Look(int follower) implements Step {}
    }

    @Property(tries = 500)
    void everyFollowerSeesWhatTheFileHolds(@ForAll("steps") List<Step> steps) {
        var world = new World();

        steps.forEach(world::live);

        world.everybodyLooks();
        Statistics.label("looks without the file")
                .collect(world.spared > 0)
                .coverage(c -> c.check(true).percentage(p -> p > 60));
    }

    @Test
    void holdsNoMoreThanItMay() {
        var fresh = new Fresh(0);
        for (var i = 1; i <= 10_000; i++) {
            fresh.add(List.of(event(i, "a", i, Set.of("red"), 10)));
        }

        assertThat(fresh.after("red", 0)).isNull();
        assertThat(fresh.after("red", 10_000 - 4096)).hasSize(4096);
        assertThat(fresh.after("red", 9_999)).hasSize(1);
    }

    @Test
    void holdsNoMoreBytesThanItMay() {
        var fresh = new Fresh(0);
        for (var i = 1; i <= 100; i++) {
            fresh.add(List.of(event(i, "a", i, Set.of("red"), 1 << 20)));
        }

        assertThat(fresh.after("red", 95)).isNull();
        assertThat(fresh.after("red", 96)).hasSize(4);
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        var few = Arbitraries.integers().between(1, 5);
        var reached = Arbitraries.of(true, false);
        Arbitrary<Step> commits = few.map(Step.Commit::new);
        Arbitrary<Step> rollbacks = Combinators.combine(few, reached).as(Step.Rollback::new);
        Arbitrary<Step> deletions = Combinators.combine(few, few).as(Step.Delete::new);
        Arbitrary<Step> looks = few.map(Step.Look::new);
        return Arbitraries.frequencyOf(
                        Tuple.of(6, commits), Tuple.of(1, rollbacks), Tuple.of(1, deletions), Tuple.of(6, looks))
                .list()
                .ofMaxSize(60);
    }

    private static StoredEvent event(long ordering, String entity, long seq, Set<String> tags, int bytes) {
        var payload = new Payload(new Payload.Type(1, "event", ""), new byte[bytes]);
        return new StoredEvent(ordering, entity, seq, "writer", 0, payload, null, tags, "event " + ordering);
    }

    private static final class Follower {
        final String tag;
        long offset;

        Follower(String tag) {
            this.tag = tag;
        }
    }

    /** The file and its followers: two quick ones and a late one a tag. */
    private static final class World {
        final Fresh fresh = new Fresh(0);
        final List<StoredEvent> file = new ArrayList<>();
        final List<Follower> followers = new ArrayList<>();
        int spared;
        private long ordering;

        World() {
            for (var i = 0; i < 6; i++) {
                followers.add(new Follower(TAGS.get(i % 2)));
            }
        }

        void live(Step step) {
            switch (step) {
                case Step.Commit(var events) -> fresh.add(write(events));
                case Step.Rollback(var events, var reachedTheFile) -> {
                    if (reachedTheFile) {
                        write(events);
                    } else {
                        ordering += events;
                    }
                    fresh.forget(ordering);
                }
                case Step.Delete(var entity, var upTo) -> {
                    file.removeIf(event ->
                            event.seq() <= upTo && event.persistenceId().equals("e" + entity));
                    fresh.delete("e" + entity, upTo);
                }
                case Step.Look(var follower) -> look(followers.get(follower - 1));
            }
        }

        void everybodyLooks() {
            followers.forEach(this::look);
        }

        private List<StoredEvent> write(int events) {
            var written = new ArrayList<StoredEvent>();
            for (var i = 0; i < events; i++) {
                ordering++;
                var tags = ordering % 3 == 0 ? Set.copyOf(TAGS) : Set.of(TAGS.get((int) (ordering % 2)));
                written.add(event(ordering, "e" + ordering % 5, ordering / 5, tags, 10));
            }
            file.addAll(written);
            return written;
        }

        private void look(Follower follower) {
            var inFile = file.stream()
                    .filter(event ->
                            event.ordering() > follower.offset && event.tags().contains(follower.tag))
                    .toList();
            var found = fresh.after(follower.tag, follower.offset);
            if (found != null) {
                spared++;
                assertThat(found).isEqualTo(inFile);
            }
            if (!inFile.isEmpty()) {
                follower.offset = inFile.getLast().ordering();
            }
        }
    }
}

package dev.sluice.usage;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.pekko.Done;

/**
 * A store as Cassandra is: single rows, the latest timestamp wins, one conditional write. Everything that is asked of it takes effect at some later time, in
 * any order, row by row; answers get lost, and what a dead writer has sent may arrive long after.
 */
final class FaultyStore {
    /** A batch is some hundred writes; often enough that one in ten fails, and seldom enough that one comes through. */
    private static final int SELDOM = 6000;

    private final Random random;
    private final Map<Integer, SliceStore.Head> heads = new HashMap<>();
    private final Map<Integer, Map<SliceStore.RowKey, SliceStore.Written>> rows = new HashMap<>();
    private final Map<SliceStore.InSession, Long> listed = new HashMap<>();
    private final Map<String, Integer> names;
    private final List<Runnable> underWay = new ArrayList<>();
    private final Map<String, List<SliceStore.Event>> journal;

    FaultyStore(Random random, Map<String, Integer> names, Map<String, List<SliceStore.Event>> journal) {
        this.random = random;
        this.names = names;
        this.journal = journal;
    }

    /** Something that is under way happens. */
    void step() {
        underWay.remove(random.nextInt(underWay.size())).run();
    }

    boolean isIdle() {
        return underWay.isEmpty();
    }

    Map<SliceStore.RowKey, SliceStore.Value> rows(int slice) {
        return rows.getOrDefault(slice, Map.of()).entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, it -> it.getValue().value()));
    }

    Set<SliceStore.InSession> listed() {
        return listed.keySet();
    }

    /** As {@code Ledger.rebuild} does. */
    void buildAnew(int slice) {
        var old = heads.getOrDefault(slice, SliceStore.Head.NONE);
        heads.put(slice, new SliceStore.Head(old.batch() + 1, old.batch() + 1, "", new byte[0]));
    }

    /** One writer's way to it. */
    final class Way implements SliceStore {
        private boolean isDead;

        void die() {
            isDead = true;
        }

        private <T> CompletionStage<T> later(Supplier<T> effect) {
            var answer = new CompletableFuture<T>();
            underWay.add(() -> {
                // What a dead one has sent arrives, or does not; it hears nothing.
                if (isDead && random.nextBoolean()) {
                    return;
                }
                if (!isDead && random.nextInt(SELDOM) == 0) {
                    answer.completeExceptionally(new IllegalStateException("lost before it took place"));
                    return;
                }
                var result = effect.get();
                if (!isDead && random.nextInt(SELDOM) == 0) {
                    answer.completeExceptionally(new IllegalStateException("took place, but the answer is lost"));
                } else if (!isDead) {
                    answer.complete(result);
                }
            });
            return answer;
        }

        @Override
        public CompletionStage<Head> head(int slice) {
            return later(() -> heads.getOrDefault(slice, Head.NONE));
        }

        @Override
        public CompletionStage<Boolean> commit(int slice, long batch, String reached, byte[] redo) {
            return later(() -> {
                var old = heads.getOrDefault(slice, Head.NONE);
                if (old.batch() != batch - 1) {
                    return false;
                }
                heads.put(slice, new Head(batch, old.since(), reached, redo));
                return true;
            });
        }

        @Override
        public CompletionStage<Map<RowKey, Written>> rows(int slice, Collection<RowKey> keys) {
            return later(() -> {
                var found = new HashMap<>(rows.getOrDefault(slice, Map.of()));
                found.keySet().retainAll(Set.copyOf(keys));
                return found;
            });
        }

        @Override
        public CompletionStage<Done> apply(int slice, long batch, Map<RowKey, Value> written) {
            CompletionStage<Done> all = CompletableFuture.completedStage(Done.getInstance());
            for (var row : written.entrySet()) {
                all = all.thenCombine(
                        later(() -> {
                            rows.computeIfAbsent(slice, _ -> new HashMap<>())
                                    .merge(
                                            row.getKey(),
                                            new Written(row.getValue(), batch),
                                            (old, next) -> old.batch() > next.batch() ? old : next);
                            return Done.getInstance();
                        }),
                        (_, done) -> done);
            }
            return all;
        }

        @Override
        public CompletionStage<Map<InSession, Long>> recorded(Collection<Event> events) {
            var keys = events.stream()
                    .map(it -> new InSession(
                            it.exchange().requestId(), it.exchange().session()))
                    .collect(Collectors.toSet());
            return later(() -> {
                var found = new HashMap<>(listed);
                found.keySet().retainAll(keys);
                return found;
            });
        }

        @Override
        public CompletionStage<Done> list(int slice, List<Listed> exchanges) {
            CompletionStage<Done> all = CompletableFuture.completedStage(Done.getInstance());
            for (var it : exchanges) {
                all = all.thenCombine(
                        later(() -> {
                            var exchange = it.event().exchange();
                            listed.put(
                                    new InSession(exchange.requestId(), exchange.session()),
                                    it.event().sequence());
                            return Done.getInstance();
                        }),
                        (_, done) -> done);
            }
            return all;
        }

        @Override
        public CompletionStage<Map<String, Integer>> find(Dimension dimension, Set<String> wanted) {
            return later(() -> wanted.stream()
                    .filter(name -> names.containsKey(dimension + name))
                    .collect(Collectors.toMap(name -> name, name -> names.getOrDefault(dimension + name, 0))));
        }

        @Override
        public CompletionStage<Map<String, Integer>> number(Dimension dimension, Set<String> wanted) {
            return later(() -> wanted.stream()
                    .collect(Collectors.toMap(
                            name -> name, name -> names.computeIfAbsent(dimension + name, _ -> names.size() + 1))));
        }

        @Override
        public CompletionStage<Map<Cell, Written>> day(int slice, Cube cube, long day) {
            return later(() -> rows.getOrDefault(slice, Map.of()).entrySet().stream()
                    .filter(row -> row.getKey().kind() == RowKey.kind(cube, Level.DAY)
                            && row.getKey().cell().period() == day)
                    .collect(Collectors.toMap(row -> row.getKey().cell(), Map.Entry::getValue)));
        }

        @Override
        public CompletionStage<List<Event>> missing(String session, long from, long to) {
            return later(() -> journal.getOrDefault(session, List.of()).stream()
                    .filter(it -> it.sequence() >= from && it.sequence() <= to)
                    .toList());
        }
    }
}

package dev.sluice.hook;

import dev.sluice.hook.Letters.Totals;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.jspecify.annotations.Nullable;

/**
 * What a real Cassandra does to its clients too seldom for a test: answers that get lost, writes that take place after they failed, or after the lease of
 * whoever asked for them. As there, a later write stands above an earlier one, in whatever order they arrive. One, shared by all.
 */
final class UnreliableQueues {
    private static final class Queue {
        final UUID id;

        @Nullable
        String holder;

        long heldUntil;

        @Nullable
        Integer oldest;

        @Nullable
        Integer newest;

        Queue(UUID id) {
            this.id = id;
        }

        boolean isHeldBy(String life) {
            return life.equals(holder());
        }

        @Nullable
        String holder() {
            return holder != null && System.nanoTime() - heldUntil < 0 ? holder : null;
        }
    }

    private record Cell<T>(long written, @Nullable T value) {}

    private record Key(UUID queue, int number) {}

    private final Map<UUID, Queue> queues = new HashMap<>();
    private final Map<UUID, TreeMap<Integer, Cell<Queues.Found>>> letters = new HashMap<>();
    private final Map<Key, Cell<byte[]>> bodies = new HashMap<>();
    private final List<Queues.Grave> graves = new ArrayList<>();
    private final Random random;
    private final int slowestMillis;
    private int troubles;
    private long writes;

    /**
     * Where nothing lies yet.
     *
     * @param troubles of a hundred requests
     */
    UnreliableQueues(Random random, int troubles, int slowestMillis) {
        this.random = random;
        this.troubles = troubles;
        this.slowestMillis = slowestMillis;
    }

    synchronized void recover() {
        troubles = 0;
    }

    synchronized void fail() {
        troubles = Integer.MAX_VALUE;
    }

    synchronized int letters() {
        return letters.values().stream()
                .mapToInt(queue -> (int)
                        queue.values().stream().filter(it -> it.value() != null).count())
                .sum();
    }

    synchronized long bodies() {
        return bodies.values().stream().filter(it -> it.value() != null).count();
    }

    synchronized List<Queues.Grave> graves() {
        return List.copyOf(graves);
    }

    synchronized List<Queues.Listed> listed() {
        return queues.values().stream()
                .filter(it -> it.newest != null)
                .sorted(Comparator.comparingLong(it -> it.id.timestamp()))
                .map(it -> new Queues.Listed(
                        it.id, it.holder(), it.oldest == null ? 0 : it.oldest, it.newest == null ? 0 : it.newest))
                .toList();
    }

    private synchronized <T> CompletionStage<T> request(Life life, Supplier<T> work) {
        if (life.dead) {
            return new CompletableFuture<>();
        }
        var fate = random.nextInt(100);
        if (troubles > 100) {
            return failed();
        }
        if (fate >= troubles) {
            var value = work.get();
            return random.nextInt(4) == 0
                    ? later(random.nextInt(3), () -> value)
                    : CompletableFuture.completedStage(value);
        }
        return switch (fate % 5) {
            case 0 -> failed();
            case 1 -> {
                var _ = work.get();
                yield failed();
            }
            case 2 -> {
                var _ = later(random.nextInt(slowestMillis), () -> locked(work));
                yield failed();
            }
            case 3 -> {
                var value = work.get();
                yield later(random.nextInt(slowestMillis), () -> value);
            }
            default -> later(random.nextInt(slowestMillis), () -> locked(work));
        };
    }

    private static <T> CompletionStage<T> failed() {
        return CompletableFuture.failedStage(new IllegalStateException("made up"));
    }

    private static <T> CompletionStage<T> later(long millis, Supplier<T> value) {
        return CompletableFuture.supplyAsync(value, CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS));
    }

    private synchronized <T> T locked(Supplier<T> work) {
        // What a process has sent arrives, whether it lives or not.
        return work.get();
    }

    private <K, T> void put(Map<K, Cell<T>> into, K key, long written, @Nullable T value) {
        var there = into.get(key);
        if (there == null || there.written() <= written) {
            into.put(key, new Cell<>(written, value));
        }
    }

    /** As one process sees them. */
    final class Life implements Queues {
        private final String name;
        private volatile boolean dead;

        Life(String name) {
            this.name = name;
        }

        boolean isDead() {
            return dead;
        }

        /** SIGKILL: nothing that it does from now on reaches anybody, and nothing reaches it. */
        void kill() {
            dead = true;
        }

        private CompletionStage<Boolean> ifHeld(UUID id, Predicate<Queue> change) {
            return request(this, () -> {
                var queue = queues.get(id);
                return queue != null && queue.isHeldBy(name) && change.test(queue);
            });
        }

        private static boolean hold(Queue queue, String name, Duration lease) {
            queue.holder = name;
            queue.heldUntil = System.nanoTime() + lease.toNanos();
            return true;
        }

        @Override
        public CompletionStage<Boolean> make(UUID id, Duration lease, Duration kept) {
            return request(this, () -> {
                        var queue = queues.computeIfAbsent(id, Queue::new);
                        return queue.holder() == null && hold(queue, name, lease);
                    })
                    .thenCompose(_ -> ifHeld(id, queue -> {
                        queue.oldest = 0;
                        queue.newest = 0;
                        return true;
                    }));
        }

        @Override
        public CompletionStage<List<Listed>> list() {
            return request(this, UnreliableQueues.this::listed);
        }

        @Override
        public CompletionStage<Boolean> claim(Listed listed, Duration lease) {
            return request(this, () -> {
                var queue = queues.get(listed.queue());
                return queue != null
                        && queue.holder() == null
                        && queue.newest != null
                        && queue.newest == listed.newest()
                        && hold(queue, name, lease);
            });
        }

        @Override
        public CompletionStage<Boolean> renew(UUID id, Duration lease) {
            return ifHeld(id, queue -> hold(queue, name, lease));
        }

        @Override
        public CompletionStage<Boolean> release(UUID id) {
            return ifHeld(id, queue -> {
                queue.holder = null;
                return true;
            });
        }

        @Override
        public CompletionStage<Boolean> delete(UUID id) {
            return ifHeld(id, queue -> queues.remove(id, queue));
        }

        @Override
        public CompletionStage<Boolean> markOldest(UUID id, int oldest, Duration kept) {
            return ifHeld(id, queue -> {
                queue.oldest = oldest;
                return true;
            });
        }

        @Override
        public CompletionStage<Boolean> mark(UUID id, int oldest, int newest, Duration kept) {
            return ifHeld(id, queue -> {
                if (queue.newest == null || queue.newest > newest) {
                    return false;
                }
                queue.oldest = oldest;
                queue.newest = newest;
                return true;
            });
        }

        @Override
        public CompletionStage<Done> add(List<Entry> entries, Duration body) {
            return writing(written -> {
                        for (var entry : entries) {
                            put(
                                    bodies,
                                    new Key(entry.queue(), entry.body()),
                                    written,
                                    entry.letter().body());
                        }
                    })
                    .thenCompose(_ -> copy(entries));
        }

        private CompletionStage<Done> writing(LongConsumer work) {
            var written = written();
            return request(this, () -> {
                work.accept(written);
                return Done.getInstance();
            });
        }

        private long written() {
            synchronized (UnreliableQueues.this) {
                return ++writes;
            }
        }

        @Override
        public CompletionStage<Done> copy(List<Entry> entries) {
            return writing(written -> {
                for (var entry : entries) {
                    var letter = entry.letter();
                    put(
                            letters.computeIfAbsent(entry.queue(), _ -> new TreeMap<>()),
                            entry.number(),
                            written,
                            new Found(
                                    entry.number(),
                                    entry.body(),
                                    letter.message,
                                    letter.hook,
                                    letter.event,
                                    letter.requestId,
                                    letter.created,
                                    letter.size,
                                    entry.attempts(),
                                    entry.due()));
                }
            });
        }

        @Override
        public CompletionStage<List<Found>> bucket(UUID queue, int bucket) {
            return request(
                    this,
                    () -> letters
                            .getOrDefault(queue, new TreeMap<>())
                            .subMap(bucket * Buckets.SIZE, (bucket + 1) * Buckets.SIZE)
                            .values()
                            .stream()
                            .flatMap(cell -> Optional.ofNullable(cell.value()).stream())
                            .toList());
        }

        @Override
        public CompletionStage<Optional<byte[]>> body(UUID queue, int body) {
            // Never in trouble: a letter that cannot be read is left alone for a minute, too long for a test.
            synchronized (UnreliableQueues.this) {
                var cell = bodies.get(new Key(queue, body));
                return CompletableFuture.completedStage(
                        cell == null ? Optional.empty() : Optional.ofNullable(cell.value()));
            }
        }

        @Override
        public CompletionStage<Done> postpone(List<Entry> entries) {
            return writing(written -> {});
        }

        @Override
        public CompletionStage<Done> remove(List<Entry> entries, boolean withBodies) {
            return writing(written -> {
                for (var entry : entries) {
                    put(letters.computeIfAbsent(entry.queue(), _ -> new TreeMap<>()), entry.number(), written, (Found)
                            null);
                    if (withBodies) {
                        put(bodies, new Key(entry.queue(), entry.body()), written, (byte[]) null);
                    }
                }
            });
        }

        @Override
        public CompletionStage<Done> bury(List<Grave> more) {
            return writing(_ -> graves.addAll(more));
        }

        @Override
        public CompletionStage<Done> count(Map<String, Totals> totals) {
            return writing(_ -> {});
        }

        @Override
        public CompletionStage<Map<String, Totals>> totals() {
            return request(this, Map::of);
        }

        @Override
        public CompletionStage<List<Hooks.DeadLetter>> dead(int most) {
            return request(this, List::of);
        }
    }
}

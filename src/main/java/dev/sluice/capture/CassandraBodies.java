package dev.sluice.capture;

import com.datastax.oss.driver.api.core.cql.Row;
import com.datastax.oss.driver.api.core.uuid.Uuids;
import dev.sluice.capture.Cut.Hash;
import dev.sluice.capture.Cut.Place;
import dev.sluice.cassandra.CassandraStore;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.stream.IntStream;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/**
 * Requests' bodies in Cassandra, each part of which is stored once a session and day. Who stores a body asks first what the session has got since:
 * another node may have stored parts, or somebody may have deleted the session. A part that would expire before the capture that needs it
 * is stored once more.
 *
 * <p>Numbers of parts begin with 31 bits of this process, so that no two nodes need to agree on them. All but {@link #read} and {@link #erase} is one thread's, and one
 * session's body is stored after the other.
 */
final class CassandraBodies {
    /** A session that has more by now, or brings more at once, has its bodies stored whole: hashes must fit into a row, and into memory. */
    static final int MOST_PARTS = 50_000;

    private static final int MOST_FRESH = 20_000;
    private static final int MOST_KNOWN_SESSIONS = 500;
    private static final int BUCKETS = 8;
    private static final int READS = 16;

    /** Rows of another node with a slow clock may come behind those that were read. */
    private static final long CLOCKS_DIFFER_MICROS = Duration.ofSeconds(10).toNanos() / 1000;

    @SuppressWarnings("ArrayRecordComponent") // Handed through; never compared.
    record Stored(byte[] manifest, Set<Long> packs, SessionDay where) implements Transcript.Stored {}

    private record Found(Place place, Instant expires) {}

    /** What is known of a session's day. */
    private static final class Known {
        final Map<Hash, Found> places = new HashMap<>();
        final Set<Long> packs = new HashSet<>();
        long newest = Long.MIN_VALUE;

        void add(Row row) {
            var pack = row.getLong("pack");
            var hashes = row.getByteBuffer("hashes");
            var expires = row.getInstant("expires");
            newest = Math.max(newest, row.getLong("written"));
            packs.add(pack);
            if (hashes == null || expires == null) {
                return;
            }
            for (var number = pack; hashes.remaining() >= Cut.HASH_BYTES && places.size() < MOST_PARTS; number++) {
                add(Hash.read(0, hashes), new Found(new Place(number, pack), expires));
            }
        }

        void add(Hash hash, Found found) {
            places.merge(hash, found, (one, other) -> other.expires().isAfter(one.expires()) ? other : one);
        }
    }

    private final ActorSystem<?> system;
    private final CassandraStore store;
    private final Slices slices;
    private final Executor executor;
    private final Frames frames;
    private final MessageDigest digest = Cut.digest();
    private final Map<SessionDay, Known> knowns = new LinkedHashMap<>(16, 0.75f, true);
    private long next = firstNumber();

    CassandraBodies(ActorSystem<?> system, CassandraStore store, Executor executor, Frames frames) {
        this.system = system;
        this.store = store;
        this.slices = new Slices(system, store);
        this.executor = executor;
        this.frames = frames;
    }

    private static long firstNumber() {
        var process = Uuids.timeBased();
        var mixed = (process.getMostSignificantBits() ^ process.getLeastSignificantBits()) * 0x9E3779B97F4A7C15L;
        return (mixed >>> 33) << 32;
    }

    void forget(SessionDay where) {
        knowns.remove(where);
    }

    /** Stores what is new of a body. */
    CompletionStage<Stored> store(SessionDay where, byte[] body, Lifetime lifetime) {
        if (body.length < Cut.LEAST_BODY) {
            return CompletableFuture.completedStage(whole(where, body));
        }
        return refreshed(where).thenComposeAsync(known -> store(where, known, body, lifetime), executor);
    }

    private static Stored whole(SessionDay where, byte[] body) {
        var manifest = new Manifest.Builder(body.length);
        manifest.own(body, 0, body.length);
        return new Stored(manifest.build(), Set.of(), where);
    }

    private CompletionStage<Stored> store(SessionDay where, Known known, byte[] body, Lifetime lifetime) {
        var expires = lifetime.ofParts(where.day());
        var added = new LinkedHashMap<Hash, Place>();
        var pack = next;
        var cut = Cut.<RuntimeException>of(body, pack, (from, to, offered) -> {
            var hash = hash(where, body, from, to);
            var found = known.places.get(hash);
            return found != null && !found.expires().isBefore(expires)
                    ? found.place()
                    : added.computeIfAbsent(hash, _ -> offered);
        });
        if (known.places.size() >= MOST_PARTS || added.size() > MOST_FRESH) {
            return CompletableFuture.completedStage(whole(where, body));
        }
        var stored = new Stored(cut.manifest(), cut.packs(), where);
        if (added.isEmpty()) {
            return CompletableFuture.completedStage(stored);
        }
        next += added.size();
        var hashes = ByteBuffer.allocate(added.size() * Cut.HASH_BYTES);
        added.keySet().forEach(hash -> hashes.put(hash.bytes()));
        var written = Math.max(micros(lifetime.now()), known.newest + 1);
        var ttl = lifetime.ttl(expires);
        return write(where, pack, frames.close(cut.pack(body)), ttl)
                .thenCompose(_ -> store.write(
                        "INSERT INTO capture_part (session, login, day, written, pack, hashes, expires)"
                                + " VALUES (?, ?, ?, ?, ?, ?, ?) USING TTL ?",
                        where.session(),
                        where.login(),
                        where.day(),
                        written,
                        pack,
                        hashes.flip(),
                        expires,
                        ttl))
                .thenApplyAsync(
                        _ -> {
                            added.forEach((hash, place) -> known.add(hash, new Found(place, expires)));
                            known.packs.add(pack);
                            known.newest = written;
                            return stored;
                        },
                        executor);
    }

    private CompletionStage<Done> write(SessionDay where, long pack, byte[] frame, int ttl) {
        return Slices.write(
                frame,
                (slice, of, bytes) -> store.write(
                        "INSERT INTO capture_pack (session, login, day, bucket, pack, slice, slices, frame)"
                                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?) USING TTL ?",
                        where.session(),
                        where.login(),
                        where.day(),
                        bucket(pack),
                        pack,
                        slice,
                        of,
                        bytes,
                        ttl));
    }

    private static int bucket(long pack) {
        return (int) (pack % BUCKETS);
    }

    static long micros(Instant instant) {
        return Math.addExact(Math.multiplyExact(instant.getEpochSecond(), 1_000_000L), instant.getNano() / 1000);
    }

    private Hash hash(SessionDay where, byte[] body, int from, int to) {
        digest.update((where.login() + '\0' + where.session() + '\0').getBytes(StandardCharsets.UTF_8));
        digest.update(body, from, to - from);
        return Hash.read(0, ByteBuffer.wrap(digest.digest()));
    }

    /** Whether a body that was stored before is still there. */
    CompletionStage<Boolean> isThere(Stored body) {
        return body.packs().isEmpty()
                ? CompletableFuture.completedStage(true)
                : refreshed(body.where()).thenApplyAsync(known -> known.packs.containsAll(body.packs()), executor);
    }

    private CompletionStage<Known> refreshed(SessionDay where) {
        var known = knowns.get(where);
        if (known == null || known.packs.isEmpty()) {
            return loaded(where);
        }
        var newest = known.newest;
        return parts(where, newest - CLOCKS_DIFFER_MICROS)
                .thenComposeAsync(
                        rows -> {
                            // Whoever deleted the session took the last row with all others.
                            if (rows.stream().noneMatch(row -> row.getLong("written") == newest)) {
                                return loaded(where);
                            }
                            rows.stream()
                                    .filter(row -> !known.packs.contains(row.getLong("pack")))
                                    .forEach(known::add);
                            return CompletableFuture.completedStage(known);
                        },
                        executor);
    }

    private CompletionStage<Known> loaded(SessionDay where) {
        return parts(where, Long.MIN_VALUE)
                .thenApplyAsync(
                        rows -> {
                            var known = new Known();
                            rows.forEach(known::add);
                            knowns.put(where, known);
                            if (knowns.size() > MOST_KNOWN_SESSIONS) {
                                knowns.remove(knowns.keySet().iterator().next());
                            }
                            return known;
                        },
                        executor);
    }

    private CompletionStage<List<Row>> parts(SessionDay where, long since) {
        return store.rows(
                        "SELECT written, pack, hashes, expires FROM capture_part"
                                + " WHERE session = ? AND login = ? AND day = ? AND written >= ?",
                        where.session(),
                        where.login(),
                        where.day(),
                        since)
                .runWith(Sink.seq(), system);
    }

    /** When something was stored last, in microseconds. */
    CompletionStage<Optional<Long>> newest(SessionDay where) {
        return store.read(
                        "SELECT written FROM capture_part WHERE session = ? AND login = ? AND day = ?"
                                + " ORDER BY written DESC LIMIT 1",
                        where.session(),
                        where.login(),
                        where.day())
                .thenApply(rows -> rows.stream().map(row -> row.getLong(0)).findFirst());
    }

    /** The body of a manifest; empty when a part of it is gone. */
    CompletionStage<Optional<byte[]>> read(SessionDay where, byte[] manifest) {
        var numbers = Manifest.numbers(manifest);
        if (numbers.isEmpty()) {
            return CompletableFuture.completedStage(Optional.of(Manifest.body(manifest, _ -> new byte[0])));
        }
        return parts(where, Long.MIN_VALUE).thenCompose(rows -> {
            var packs = new TreeMap<Long, Integer>();
            for (var row : rows) {
                var hashes = row.getByteBuffer("hashes");
                packs.put(row.getLong("pack"), hashes == null ? 0 : hashes.remaining() / Cut.HASH_BYTES);
            }
            var needed = new TreeSet<Long>();
            for (var number : numbers) {
                var pack = packs.floorEntry(number);
                if (pack == null || number >= pack.getKey() + pack.getValue()) {
                    return CompletableFuture.completedStage(Optional.empty());
                }
                needed.add(pack.getKey());
            }
            return Source.from(needed)
                    .mapAsync(READS, pack -> frame(where, pack).thenApply(frame -> Pair.create(pack, frame)))
                    .runWith(Sink.seq(), system)
                    .thenApplyAsync(frames -> assembled(manifest, frames), executor);
        });
    }

    private static Optional<byte[]> assembled(byte[] manifest, List<Pair<Long, Optional<byte[]>>> packs) {
        var parts = new HashMap<Long, byte[]>();
        for (var pack : packs) {
            if (pack.second().isEmpty()) {
                return Optional.empty();
            }
            var number = pack.first();
            for (var part : Cut.parts(pack.second().get())) {
                parts.put(number++, part);
            }
        }
        return Optional.of(Manifest.body(manifest, number -> Objects.requireNonNull(parts.get(number))));
    }

    private CompletionStage<Optional<byte[]>> frame(SessionDay where, long pack) {
        var cql = "SELECT slices, frame FROM capture_pack"
                + " WHERE session = ? AND login = ? AND day = ? AND bucket = ? AND pack = ? AND slice = ?";
        return store.read(cql, where.session(), where.login(), where.day(), bucket(pack), pack, 0)
                .thenCompose(rows -> {
                    var first = rows.isEmpty() ? null : rows.getFirst().getByteBuffer("frame");
                    return first == null
                            ? CompletableFuture.completedStage(Optional.empty())
                            : slices.read(
                                    first,
                                    rows.getFirst().getInt("slices"),
                                    cql,
                                    where.session(),
                                    where.login(),
                                    where.day(),
                                    bucket(pack),
                                    pack);
                });
    }

    /** All parts of a session's day. What leads to them goes first, so that nobody refers to them any more; done again after a crash, it deletes the rest. */
    CompletionStage<Done> erase(SessionDay where) {
        return store.write(
                        "DELETE FROM capture_part WHERE session = ? AND login = ? AND day = ?",
                        where.session(),
                        where.login(),
                        where.day())
                .thenCompose(_ -> Source.from(
                                IntStream.range(0, BUCKETS).boxed().toList())
                        .mapAsync(
                                BUCKETS,
                                bucket -> store.write(
                                        "DELETE FROM capture_pack WHERE session = ? AND login = ? AND day = ? AND bucket = ?",
                                        where.session(),
                                        where.login(),
                                        where.day(),
                                        bucket))
                        .runWith(Sink.ignore(), system));
    }
}

package dev.sluice.quota;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cluster.NodeSystem;
import dev.sluice.config.QuotaRule;
import dev.sluice.journal.Storage;
import dev.sluice.journal.UnsteadyJournal;
import dev.sluice.journal.UnsteadyJournal.Weather;
import dev.sluice.quota.Quota.Admitted;
import dev.sluice.quota.Quota.Bucket;
import dev.sluice.quota.Quota.Request;
import dev.sluice.quota.Quota.Reservation;
import dev.sluice.quota.Quota.Status;
import dev.sluice.quota.Quota.Unavailable;
import dev.sluice.quota.Quota.Verdict;
import dev.sluice.testing.Eventually;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Buckets on the node's own journal, whose storage goes away and comes back. */
class OutageIT {
    /** From asking to a verdict at most: one timeout and a tick. */
    private static final Duration TIMEOUT = Duration.ofMillis(400);

    private static final Duration WAIT_AT_MOST = TIMEOUT.multipliedBy(2);

    /** Of an answer that nobody waited for; the machine may have other things to do. */
    private static final Duration AT_ONCE = TIMEOUT.dividedBy(2);

    /** A bucket's longest pause, and then some. */
    private static final Duration HEALED = Duration.ofSeconds(20);

    private static final List<Weather> WEATHERS = List.of(Weather.values());
    private static final long CAPACITY = 1_000_000;
    private static final long GRACE = 1_000;

    @TempDir
    private static Path directory;

    private static final UnsteadyJournal.Switch storage = new UnsteadyJournal.Switch();
    private static final LedgerWitness witness = new LedgerWitness();
    private static ActorSystem<?> system;
    private static Quota quota;
    private static int requests;
    private static int buckets;

    @BeforeAll
    static void start() throws Exception {
        var settings = new HashMap<String, Object>(storage.settings());
        settings.put("sluice.storage.directory", directory.toString());
        settings.put("sluice.event-loops", 1);
        system = NodeSystem.start(NodeSystem.config(null, settings))
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
        quota = Quota.start(
                system,
                witness,
                InstantSource.system(),
                new QuotaSettings(
                        Storage.queries(system),
                        TIMEOUT,
                        Duration.ofSeconds(2),
                        Duration.ofMinutes(2),
                        QuotaSettings.SNAPSHOT_EVERY,
                        true));
    }

    @AfterEach
    void repair() {
        storage.turn(Weather.FAIR);
        Eventually.await(HEALED, () -> assertThat(quota.outage()).isEqualTo(Quota.Outage.NONE));
    }

    @AfterAll
    static void stop() {
        CoordinatedShutdown.get(system)
                .runAll(CoordinatedShutdown.jvmExitReason())
                .toCompletableFuture()
                .orTimeout(40, TimeUnit.SECONDS)
                .join();
    }

    private static Bucket denies() {
        return new Bucket("denies:" + ++buckets, Rules.holds(CAPACITY));
    }

    private static Bucket grace() {
        return new Bucket(
                "grace:" + ++buckets, new QuotaRule("test", CAPACITY, 0, Duration.ofDays(1), "$0/day", false, GRACE));
    }

    @ParameterizedTest
    @EnumSource(names = {"FULL", "AWAY", "STALLED"})
    void aBucketThatDeniesRefusesInTimeThenAtOnceAndThenWorksAgain(Weather weather) {
        var bucket = denies();
        var streaming = admitted(request(100, bucket));
        done(streaming.recorded());

        storage.turn(weather);
        // Let in, perhaps; but nothing of it may be answered.
        var first = quota.reserve(request(100, bucket));
        var recorded = first.thenCompose(verdict -> verdict instanceof Admitted(var held)
                ? held.recorded().handle((_, failure) -> {
                    var _ = held.release();
                    return failure == null;
                })
                : CompletableFuture.completedStage(false));
        assertThat(get(recorded)).isFalse();
        awaitAway(bucket);
        assertThat(refusedSince(System.nanoTime(), bucket)).isLessThan(AT_ONCE);
        // It ends while nobody can hear of it.
        var settled = streaming.settle(70);
        assertThat(settled.toCompletableFuture()).isNotDone();

        storage.turn(Weather.FAIR);
        done(settled);
        Eventually.await(HEALED, () -> done(admitted(request(10, bucket)).settle(5)));
        Eventually.await(
                HEALED, () -> assertThat(status(bucket).reservedNanos()).isZero());
        assertThat(status(bucket)).returns(75L, Status::spentNanos).returns(CAPACITY - 75, Status::balanceNanos);
    }

    @ParameterizedTest
    @EnumSource(names = {"FULL", "AWAY", "STALLED"})
    void aBucketWithGraceLetsThatMuchInAndIsChargedAllOfItOnce(Weather weather) {
        var bucket = grace();
        done(admitted(request(1, bucket)).settle(1));

        storage.turn(weather);
        var reservations = new ArrayList<Reservation>();
        var letIn = 0L;
        for (var verdict = verdict(request(100, bucket));
                verdict instanceof Admitted(var held);
                verdict = verdict(request(100, bucket))) {
            done(held.recorded());
            reservations.add(held);
            letIn += 100;
            assertThat(letIn).isLessThanOrEqualTo(GRACE);
        }
        assertThat(letIn).isEqualTo(GRACE);
        var ends = reservations.stream().map(held -> held.settle(40)).toList();
        // What was let in cost less than it might have.
        assertThat(IntStream.range(0, 20)
                        .mapToObj(_ -> verdict(request(100, bucket)))
                        .filter(Admitted.class::isInstance))
                .hasSize(6);

        storage.turn(Weather.FAIR);
        ends.forEach(OutageIT::done);
        Eventually.await(HEALED, () -> assertThat(quota.outage()).isEqualTo(Quota.Outage.NONE));
        assertThat(status(bucket))
                .returns(1 + 10 * 40L, Status::spentNanos)
                .returns(6 * 100L, Status::reservedNanos)
                .returns(CAPACITY - 1 - 400, Status::balanceNanos);
    }

    @Test
    void aBucketThatMustBeReadFirstGoesByItsDefinition() {
        storage.turn(Weather.AWAY);
        var denies = denies();
        var grace = grace();

        assertThat(verdict(request(10, denies))).isInstanceOf(Unavailable.class);
        var letIn = admitted(request(10, grace));
        done(letIn.recorded());
        var settled = letIn.settle(7);

        storage.turn(Weather.FAIR);
        done(settled);
        assertThat(status(grace).spentNanos()).isEqualTo(7);
    }

    @Test
    void manyBucketsAreNotFoundOutOneByOne() {
        storage.turn(Weather.AWAY);
        var all = IntStream.range(0, 100).mapToObj(_ -> denies()).toList();
        IntStream.range(0, Outages.EVERYWHERE)
                .mapToObj(i -> quota.reserve(request(1, all.get(i))))
                .toList()
                .forEach(verdict -> assertThat(get(verdict)).isInstanceOf(Unavailable.class));

        var slow = 0;
        for (var bucket : all.subList(Outages.EVERYWHERE, all.size())) {
            slow += refusedSince(System.nanoTime(), bucket).compareTo(AT_ONCE) < 0 ? 0 : 1;
        }

        assertThat(slow).as("that looked whether the storage is back").isLessThan(10);
        storage.turn(Weather.FAIR);
        Eventually.await(HEALED, () -> done(admitted(request(1, all.getLast())).release()));
    }

    /** Whatever the weather, and whenever it turns: what was let in without its bucket stays within the grace, and all is charged once. */
    @Test
    void theBooksAreExactWhateverTheWeather() {
        var seed = Long.getLong("sluice.seed", System.nanoTime());
        var random = new Random(seed);
        var all = List.of(denies(), grace(), grace());
        var open = new ArrayList<Open>();
        var costs = new HashMap<String, Long>();
        var ends = new ArrayList<CompletionStage<?>>();
        for (var step = 0; step < 120; step++) {
            if (random.nextInt(12) == 0) {
                storage.turn(WEATHERS.get(random.nextInt(WEATHERS.size())));
            }
            var buckets = all.stream().filter(_ -> random.nextInt(3) == 0).toList();
            var estimate = 1 + random.nextInt(200);
            if (verdict(request(estimate, buckets.toArray(Bucket[]::new))) instanceof Admitted(var held)) {
                var recorded = get(held.recorded().handle((_, failure) -> failure == null));
                if (recorded && random.nextInt(4) > 0) {
                    open.add(new Open(held, buckets, estimate));
                } else {
                    ends.add(held.release());
                }
            }
            if (!open.isEmpty() && random.nextInt(3) > 0) {
                var ended = open.remove(random.nextInt(open.size()));
                var cost = 1L + random.nextInt(ended.estimate());
                ended.buckets().forEach(bucket -> costs.merge(bucket.name(), cost, Long::sum));
                ends.add(ended.held().settle(cost));
            }
            quota.outage()
                    .buckets()
                    .forEach(away -> assertThat(away.unbookedNanos())
                            .as("-Dsluice.seed=" + seed)
                            .isLessThanOrEqualTo(GRACE));
        }
        storage.turn(Weather.FAIR);
        open.forEach(rest -> ends.add(rest.held().release()));

        ends.forEach(OutageIT::done);
        all.forEach(bucket -> {
            var spent = costs.getOrDefault(bucket.name(), 0L);
            var known = get(quota.of(List.of(bucket.name())));
            assertThat(known.stream().mapToLong(Status::spentNanos).sum())
                    .as("%s, -Dsluice.seed=%d", bucket.name(), seed)
                    .isEqualTo(spent);
            assertThat(known).allMatch(status -> status.reservedNanos() == 0);
            assertThat(known).allMatch(status -> status.balanceNanos() == CAPACITY - spent);
        });
    }

    private record Open(Reservation held, List<Bucket> buckets, int estimate) {}

    /** How long a refusal took. */
    private static Duration refusedSince(long began, Bucket bucket) {
        assertThat(verdict(request(1, bucket))).isInstanceOf(Unavailable.class);
        return Duration.ofNanos(System.nanoTime() - began);
    }

    private static void awaitAway(Bucket bucket) {
        Eventually.await(WAIT_AT_MOST.multipliedBy(10), () -> {
            // Whoever finds out need not be who asks next.
            var _ = quota.reserve(request(1, bucket)).thenAccept(verdict -> {
                if (verdict instanceof Admitted(var held)) {
                    var _ = held.release();
                }
            });
            LockSupport.parkNanos(TIMEOUT.dividedBy(8).toNanos());
            assertThat(quota.outage().buckets()).anyMatch(away -> away.bucket().equals(bucket.name()));
        });
    }

    private static Request request(long estimate, Bucket... of) {
        return new Request("q" + ++requests, List.of(of), estimate, "");
    }

    private static Reservation admitted(Request request) {
        var verdict = verdict(request);
        assertThat(verdict).isInstanceOf(Admitted.class);
        return ((Admitted) verdict).reservation();
    }

    private static Verdict verdict(Request request) {
        return get(quota.reserve(request));
    }

    private static Status status(Bucket bucket) {
        return get(quota.of(List.of(bucket.name()))).getFirst();
    }

    private static void done(CompletionStage<?> stage) {
        get(stage);
    }

    private static <T> T get(CompletionStage<T> stage) {
        return stage.toCompletableFuture()
                .orTimeout(HEALED.toSeconds(), TimeUnit.SECONDS)
                .join();
    }
}

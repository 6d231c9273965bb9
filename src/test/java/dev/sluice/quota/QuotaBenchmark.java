package dev.sluice.quota;

import com.sun.management.OperatingSystemMXBean;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;

/** How many reserve+settle pairs a second one bucket takes through the door, on a journal in memory. Run by hand. */
final class QuotaBenchmark {
    private static final int ROUNDS = 8;
    private static final Duration ROUND = Duration.ofSeconds(4);

    private QuotaBenchmark() {}

    public static void main(String[] arguments) throws InterruptedException {
        var concurrency = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 64;
        var buckets = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1;
        var testKit =
                ActorTestKit.create("QuotaBenchmark", journalInMemory().withFallback(TestSystem.oneNodeCluster()));
        var cluster = Cluster.get(testKit.system());
        cluster.manager().tell(Join.create(cluster.selfMember().address()));
        var quota = Quota.start(
                testKit.system(),
                (_, _, estimate) ->
                        CompletableFuture.completedStage(new Quota.Testimony(estimate, java.util.List.of())),
                InstantSource.system(),
                QuotaSettings.defaults(TestReadJournal.ID, true));
        var rule = Rules.rule(1L << 60, 1, Duration.ofSeconds(1));
        var charged = IntStream.range(0, buckets)
                .mapToObj(i -> new Quota.Bucket("bench:" + i, rule))
                .toList();
        for (var round = 0; round < ROUNDS; round++) {
            run(quota, charged, concurrency);
        }
        testKit.shutdownTestKit();
    }

    /** Pekko's own, serializing; the testkit's takes longer with every event it holds. */
    private static Config journalInMemory() {
        return ConfigFactory.parseString("""
                pekko.persistence.journal.plugin = "pekko.persistence.journal.inmem"
                pekko.persistence.journal.inmem.test-serialization = on
                """);
    }

    static void run(Quota quota, List<Quota.Bucket> buckets, int concurrency) throws InterruptedException {
        var system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        var pairs = new AtomicLong();
        var verdictNanos = new AtomicLong();
        var finished = new CountDownLatch(concurrency);
        var cpu = system.getProcessCpuTime();
        var start = System.nanoTime();
        for (var i = 0; i < concurrency; i++) {
            next(quota, buckets, start, pairs, verdictNanos, finished);
        }
        finished.await();
        var elapsed = System.nanoTime() - start;
        System.out.printf(
                "concurrency %d, %d buckets: %,d pairs/s, %.1f us CPU a pair, verdict after %.0f us on average%n",
                concurrency,
                buckets.size(),
                pairs.get() * 1_000_000_000L / elapsed,
                (system.getProcessCpuTime() - cpu) / 1_000.0 / pairs.get(),
                verdictNanos.get() / 1_000.0 / pairs.get());
    }

    /** One caller: reserves, settles, waits for the journal, and again. */
    private static void next(
            Quota quota,
            List<Quota.Bucket> buckets,
            long start,
            AtomicLong pairs,
            AtomicLong verdictNanos,
            CountDownLatch finished) {
        if (System.nanoTime() - start > ROUND.toNanos()) {
            finished.countDown();
            return;
        }
        var asked = System.nanoTime();
        quota.reserve(new Quota.Request(UUID.randomUUID().toString(), buckets, 1_000, "anme_0123456789abcdef"))
                .thenCompose(verdict -> {
                    verdictNanos.addAndGet(System.nanoTime() - asked);
                    return ((Quota.Admitted) verdict).reservation().settle(500);
                })
                .whenComplete((_, failure) -> {
                    if (failure != null) {
                        throw new AssertionError(failure);
                    }
                    pairs.incrementAndGet();
                    next(quota, buckets, start, pairs, verdictNanos, finished);
                });
    }
}

package dev.sluice.quota;

import dev.sluice.testing.SharedJournal;
import dev.sluice.testing.TestCluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;

/**
 * How many reserve+settle pairs a second a node makes on one bucket that lives on another, over Artery on loopback, without and with leases; the journal is
 * in memory. Run by hand.
 */
final class LeaseBenchmark {
    private static final int NODES = 2;
    private static final int ROUNDS = 4;
    private static final int BUCKETS_MAX = 100;

    private LeaseBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        var concurrency = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 64;
        // The first of each warms up.
        for (var time = 0; time < 2; time++) {
            for (var leases : new boolean[] {false, true}) {
                System.out.println(leases ? "with leases" : "without leases");
                run(concurrency, leases, "bench:" + leases + ":" + time + ":");
            }
        }
    }

    private static void run(int concurrency, boolean leases, String prefix) throws Exception {
        var directory = Files.createTempDirectory("lease-benchmark");
        try (var cluster = new TestCluster(
                NODES, SharedJournal.settings(directory.resolve("snapshots").toString()))) {
            var starting = new ArrayList<CompletionStage<ActorSystem<?>>>();
            for (var node = 0; node < NODES; node++) {
                starting.add(cluster.start(
                        node,
                        Map.of(
                                "sluice.storage.directory",
                                directory.resolve("node-" + node).toString())));
            }
            var nodes = new ArrayList<ActorSystem<?>>();
            var quotas = new ArrayList<Quota>();
            for (var system : starting) {
                nodes.add(now(system));
                quotas.add(open(nodes.getLast(), leases));
            }
            var bucket = elsewhere(nodes, quotas.getLast(), prefix);
            for (var round = 0; round < ROUNDS; round++) {
                QuotaBenchmark.run(quotas.getLast(), List.of(bucket), concurrency);
            }
        } finally {
            delete(directory);
        }
    }

    private static Quota open(ActorSystem<?> system, boolean leases) {
        var settings = QuotaSettings.defaults(SharedJournal.READ, false);
        return Quota.start(
                system,
                (_, _, estimate) -> CompletableFuture.completedStage(new Quota.Testimony(estimate, List.of())),
                InstantSource.system(),
                leases ? settings : settings.withoutLeases());
    }

    /** One that lives on the first node. */
    private static Quota.Bucket elsewhere(List<ActorSystem<?>> nodes, Quota last, String prefix) throws Exception {
        for (var i = 0; i < BUCKETS_MAX; i++) {
            var bucket = new Quota.Bucket(prefix + i, Rules.rule(1L << 60, 1, Duration.ofSeconds(1)));
            var verdict = now(last.reserve(new Quota.Request("first-" + i, List.of(bucket), 1, "")));
            if (verdict instanceof Quota.Admitted(var held)) {
                now(held.release());
                if (Whereabouts.of(bucket.name(), nodes).equals(nodes.getFirst())) {
                    return bucket;
                }
            }
        }
        throw new IllegalStateException("all buckets live on the last node");
    }

    private static <T> T now(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    private static void delete(Path directory) throws Exception {
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}

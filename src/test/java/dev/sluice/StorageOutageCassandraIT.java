package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.OutageStand.Answer;
import dev.sluice.cluster.NodeSystem;
import dev.sluice.policy.PolicyFile;
import dev.sluice.simulator.Simulator;
import dev.sluice.testing.CassandraServer;
import dev.sluice.testing.Eventually;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node on a real Cassandra that is killed, or stands still, under requests: nobody waits for long, all heals, and the books are exact. */
class StorageOutageCassandraIT {
    private static final int CLIENTS = 4;

    /** Let in, sent on, and not recorded: two ask timeouts and a tick after the verdict's, and what a loaded machine adds. */
    private static final Duration WAIT_AT_MOST = Duration.ofSeconds(15);

    private static final Duration AT_ONCE = Duration.ofMillis(1500);

    /** From Cassandra's port being open again. */
    private static final Duration HEALED = Duration.ofSeconds(60);

    /** The ledger follows by tags, and what was to be tagged while Cassandra went away it finds some minutes late. */
    private static final Duration BALANCED = Duration.ofMinutes(5);

    private static final ActorTestKit testKit = ActorTestKit.create();
    private static final CassandraServer cassandra = CassandraServer.shared();
    private static ServerBinding provider;

    @TempDir
    private Path directory;

    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    private final ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();
    private volatile boolean over;
    private Node node;
    private OutageStand stand;

    @BeforeAll
    static void startProvider() throws Exception {
        provider = Simulator.start(testKit.system(), "127.0.0.1", 0)
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
    }

    @AfterAll
    static void stopProvider() {
        testKit.shutdownTestKit();
    }

    @BeforeEach
    void start() throws Exception {
        var settings =
                Files.writeString(directory.resolve("node.conf"), cassandra.settings(CassandraServer.freshKeyspace()));
        var policy = Files.writeString(directory.resolve("policy.hujson"), OutageStand.policy(provider.localAddress()));
        node = Node.start(
                        NodeSystem.config(
                                settings,
                                Map.of(
                                        "sluice.listen", "127.0.0.1:0",
                                        "sluice.storage.directory", directory.toString(),
                                        "sluice.drain-timeout", "5s")),
                        new PolicyFile(policy).read())
                .toCompletableFuture()
                .get(120, TimeUnit.SECONDS);
        stand = new OutageStand(node.address());
        for (var client = 0; client < CLIENTS; client++) {
            var model = client % 2 == 0 ? "denied" : "graced";
            clients.execute(() -> askAgainAndAgain(model));
        }
        Eventually.await(
                HEALED,
                () -> assertThat(answers.stream().filter(it -> it.status() == 200))
                        .hasSizeGreaterThan(20));
    }

    private void askAgainAndAgain(String model) {
        while (!over) {
            try {
                answers.add(stand.ask(model));
            } catch (Exception e) {
                answers.add(new Answer(0, e.toString(), "", "", Duration.ZERO));
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
    }

    @AfterEach
    void stop() throws Exception {
        over = true;
        cassandra.resume();
        cassandra.startAgain();
        clients.shutdown();
        assertThat(clients.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        stand.close();
        node.drain().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    @Test
    void killed() throws Exception {
        try {
            cassandra.kill();
            whileItIsAway();
        } finally {
            cassandra.startAgain();
        }
        allHeals();
    }

    @Test
    void standingStill() throws Exception {
        try {
            cassandra.pause();
            whileItIsAway();
        } finally {
            cassandra.resume();
        }
        allHeals();
    }

    private void whileItIsAway() {
        Eventually.await(HEALED, () -> {
            var denied = stand.ask("denied");
            assertThat(denied.status()).isEqualTo(503);
            assertThat(denied.retryAfter()).isEqualTo("5");
            assertThat(denied.took()).isLessThan(AT_ONCE);
        });
        Eventually.await(
                HEALED,
                () -> assertThat(stand.ask("graced").status())
                        .as("its grace is used up")
                        .isEqualTo(503));
        var before = answers.size();
        Eventually.await(HEALED, () -> assertThat(answers).hasSizeGreaterThan(before + 60));
        // The first of them were under way already.
        var meanwhile = answers.stream().skip(before + CLIENTS).toList();
        assertThat(meanwhile).allMatch(it -> it.status() == 503);
        assertThat(meanwhile.stream().filter(it -> it.took().compareTo(AT_ONCE) > 0))
                .as("those who wait are few")
                .hasSizeLessThan(5);
    }

    private void allHeals() throws Exception {
        var back = System.nanoTime();
        for (var model : new String[] {"denied", "graced"}) {
            Eventually.await(HEALED, () -> assertThat(stand.ask(model).status()).isEqualTo(200));
        }
        System.out.printf("all served again %.1f s after Cassandra%n", (System.nanoTime() - back) / 1e9);
        over = true;
        clients.shutdown();
        assertThat(clients.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        Eventually.await(BALANCED, stand::assertBalance);
        var recorded = stand.admin.exchanges().stream()
                .map(it -> it.path("request_id").asText())
                .toList();
        assertThat(recorded).doesNotHaveDuplicates();
        assertThat(recorded)
                .containsAll(answers.stream()
                        .filter(it -> it.status() == 200)
                        .map(Answer::requestId)
                        .collect(Collectors.toSet()));
        assertThat(answers).allMatch(it -> it.took().compareTo(WAIT_AT_MOST) < 0);
        assertThat(answers).allMatch(it -> it.status() == 200 || it.status() == 503);
    }
}

package dev.sluice.hook;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.Policy;
import dev.sluice.config.PolicyDocument;
import dev.sluice.testing.Eventually;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.stream.SystemMaterializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Nodes that share queues which fail them; leases of half a second, or some. */
class QueueKeeperTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final Policy POLICY = Objects.requireNonNull(PolicyDocument.read(
                    "{\"hooks\": {\"audit\": {\"url\": \"http://hook\"}, \"ill\": {\"url\": \"http://ill\"}}}")
            .policy());

    private final long seed = Long.getLong("sluice.seed", System.nanoTime());
    private final String label = "-Dsluice.seed=" + seed;
    private final Random random = new Random(seed);
    private final ActorTestKit kit = ActorTestKit.create();
    private final Set<String> told = ConcurrentHashMap.newKeySet();
    private final AtomicInteger names = new AtomicInteger();
    private volatile int failing;
    private volatile boolean ill;

    /** Longer where nothing is to happen twice because this process had to wait for its turn. */
    private Duration lease = Duration.ofMillis(500);

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    /** A process, from its start to its death. */
    private final class Node {
        final UnreliableQueues.Life life;
        final Letters letters;
        final ActorRef<Postman.Message> postman;
        final Outbox outbox;
        final Tallies tallies = new Tallies(InstantSource.system());
        private long lastId;

        Node(UnreliableQueues queues, int most) {
            life = queues.new Life("life-" + names.incrementAndGet());
            var settings = new HookSettings(
                    8,
                    Duration.ofMillis(5),
                    Duration.ofMillis(50),
                    Duration.ofHours(1),
                    most,
                    1 << 30,
                    1 << 20,
                    Duration.ofSeconds(4));
            var keeper = kit.spawn(QueueKeeper.create(new QueueKeeper.Surroundings(
                    life,
                    () -> settings.giveUpAfter(POLICY.database()),
                    lease,
                    1 << 20,
                    InstantSource.system(),
                    System::nanoTime)));
            letters = new CassandraLetters(kit.system(), life, keeper);
            outbox = new Outbox(8, most, 1 << 30, new Backoff(5, 50, new Random(seed)));
            var client = new HookClient(
                    (_, request) -> answer(
                            life, request.getHeader("webhook-id").orElseThrow().value()),
                    InstantSource.system(),
                    SystemMaterializer.get(kit.system()).materializer());
            postman = kit.spawn(Postman.create(new Postman.Surroundings(
                    letters, client, tallies, () -> POLICY, InstantSource.system(), outbox, settings)));
            keeper.tell(new QueueKeeper.Open(postman));
        }

        Letter letter(String message, String hook) {
            var body = ("{\"message\": \"" + message + "\"}").getBytes(StandardCharsets.UTF_8);
            return new Letter(
                    ++lastId,
                    message,
                    hook,
                    "entire_request",
                    message,
                    System.currentTimeMillis(),
                    body.length,
                    true,
                    body);
        }

        /** As the scribe does; completes with whether the letters outlive this process. */
        CompletableFuture<Boolean> add(List<Letter> some) {
            return letters.add(some, 100L * some.size())
                    .handle((_, failure) -> {
                        postman.tell(new Postman.Deliver(
                                failure == null
                                        ? some
                                        : some.stream().map(Letter::unstored).toList()));
                        return failure == null;
                    })
                    .toCompletableFuture();
        }
    }

    private CompletableFuture<HttpResponse> answer(UnreliableQueues.Life life, String message) {
        if (life.isDead()) {
            return new CompletableFuture<>();
        }
        var well = !(ill && message.startsWith("ill")) && flip() >= failing;
        if (well) {
            told.add(message);
        }
        return CompletableFuture.completedFuture(HttpResponse.create().withStatus(well ? 204 : 500));
    }

    private synchronized int flip() {
        return random.nextInt(100);
    }

    /**
     * Nodes die and are followed by others, Cassandra loses answers, writes late and takes longer than leases last: every letter that counted as stored is
     * delivered by somebody, and in the end nothing is left.
     */
    @Test
    void whatCountsAsStoredIsDeliveredWhoeverDies() throws Exception {
        var queues = new UnreliableQueues(new Random(random.nextLong()), 20, 600);
        failing = 20;
        var nodes = new ArrayList<Node>();
        for (var nth = 0; nth < 3; nth++) {
            nodes.add(new Node(queues, 100_000));
        }
        var stored = new HashSet<String>();
        for (var round = 0; round < 60; round++) {
            for (var node : nodes) {
                var some = IntStream.range(0, 1 + flip() % 5)
                        .mapToObj(_ -> node.letter("msg-" + names.incrementAndGet(), "audit"))
                        .toList();
                var _ = node.add(some).thenAccept(is -> {
                    synchronized (stored) {
                        // Whoever was dead by then has told nobody.
                        if (is && !node.life.isDead()) {
                            some.forEach(it -> stored.add(it.message));
                        }
                    }
                });
            }
            if (flip() < 10) {
                var dying = nodes.remove(flip() % nodes.size());
                dying.life.kill();
                nodes.add(new Node(queues, 100_000));
            }
            pause(50);
        }
        while (nodes.size() > 1) {
            nodes.removeFirst().life.kill();
        }
        queues.recover();

        Eventually.await(SOON, () -> {
            synchronized (stored) {
                assertThat(stored).as(label).hasSizeGreaterThan(100);
                assertThat(told).as(label).containsAll(stored);
            }
        });
        Eventually.await(SOON, () -> {
            assertThat(queues.listed().stream().filter(it -> it.holder() == null))
                    .as(label)
                    .isEmpty();
            assertThat(queues.listed()).as(label).hasSizeLessThanOrEqualTo(1);
        });
    }

    /** The bound is for what comes: who inherits takes what there is room for, gives nothing up for it, and takes the rest when there is room again. */
    @Test
    void nothingIsGivenUpForWhatOthersHaveLeft() throws Exception {
        lease = Duration.ofSeconds(4);
        var queues = new UnreliableQueues(new Random(seed), 0, 1);
        failing = 100;
        var first = new Node(queues, 100);
        assertThat(await(first.add(letters(first, 100, "audit")))).isTrue();
        first.life.kill();
        var second = new Node(queues, 10);
        assertThat(await(second.add(letters(second, 4, "audit")))).isTrue();

        Eventually.await(SOON, () -> assertThat(queued(second)).as(label).isEqualTo(10));
        assertThat(told).isEmpty();
        failing = 0;

        Eventually.await(SOON, () -> assertThat(told).as(label).hasSize(104));
        Eventually.await(SOON, () -> assertThat(queues.letters()).isZero());
        Eventually.await(SOON, () -> assertThat(queues.bodies()).isZero());
        assertThat(queues.graves()).isEmpty();
    }

    /** As in a file. */
    @Test
    void whatComesToAFullQueueEndsTheOldest() throws Exception {
        lease = Duration.ofSeconds(4);
        var queues = new UnreliableQueues(new Random(seed), 0, 1);
        failing = 100;
        var node = new Node(queues, 10);
        var letters = letters(node, 25, "audit");
        assertThat(await(node.add(letters))).isTrue();

        Eventually.await(SOON, () -> {
            assertThat(queues.graves()).as(label).hasSize(15);
            assertThat(queues.letters()).as(label).isEqualTo(10);
            assertThat(queues.bodies()).as(label).isEqualTo(10);
        });
        assertThat(queues.graves())
                .allSatisfy(it -> assertThat(it.dead().reason()).isEqualTo("the queue was full"));
        // Up to eight of the first were under way when the others came.
        assertThat(queues.graves().stream().map(it -> it.dead().letter().message))
                .doesNotContainAnyElementsOf(
                        letters.subList(23, 25).stream().map(it -> it.message).toList());
    }

    /** One hook of two is ill: its letters lie far apart until they are moved, and are found all the same. */
    @Test
    void theLettersOfOneThatIsIllDoNotKeepAQueueLong() throws Exception {
        lease = Duration.ofSeconds(4);
        var queues = new UnreliableQueues(new Random(seed), 0, 1);
        ill = true;
        var node = new Node(queues, 100_000);
        for (var nth = 0; nth < 40; nth++) {
            var some = new ArrayList<>(letters(node, 999, "audit"));
            some.add(node.letter("ill-" + nth, "ill"));
            assertThat(await(node.add(some))).isTrue();
        }
        Eventually.await(SOON, () -> assertThat(told).as(label).hasSize(40 * 999));
        Eventually.await(SOON, () -> {
            var queue = queues.listed().getFirst();
            assertThat(queues.letters()).isEqualTo(40);
            assertThat(queue.newest() - queue.oldest()).as(label).isLessThan(Buckets.FEW);
        });
        node.life.kill();
        ill = false;
        var next = new Node(queues, 100_000);

        Eventually.await(SOON, () -> assertThat(told).as(label).hasSize(40 * 1000));
        Eventually.await(SOON, () -> assertThat(queues.letters()).isZero());
        Eventually.await(SOON, () -> assertThat(queues.listed()).as(label).isEmpty());
        assertThat(queued(next)).isZero();
    }

    /** While nothing can be written letters are delivered from memory; afterwards they are stored again, and who is silent for too long is followed by others, or itself. */
    @Test
    void anOutageEndsTenuresAndLosesNothing() throws Exception {
        var queues = new UnreliableQueues(new Random(seed), 0, 1);
        failing = 100;
        var node = new Node(queues, 1_000);
        assertThat(await(node.add(letters(node, 20, "audit")))).isTrue();
        var before = queues.listed().getFirst();
        queues.fail();
        Eventually.await(
                SOON, () -> assertThat(queued(node)).as("others may have them").isZero());
        failing = 0;
        assertThat(told).isEmpty();
        queues.recover();

        Eventually.await(SOON, () -> assertThat(told).as(label).hasSize(20));
        assertThat(await(node.add(letters(node, 5, "audit")))).isTrue();
        Eventually.await(SOON, () -> assertThat(told).as(label).hasSize(25));
        Eventually.await(
                SOON,
                () -> assertThat(queues.listed())
                        .as(label)
                        .hasSize(1)
                        .noneMatch(it -> it.queue().equals(before.queue())));
    }

    private List<Letter> letters(Node node, int number, String hook) {
        return IntStream.range(0, number)
                .mapToObj(_ -> node.letter("msg-" + names.incrementAndGet(), hook))
                .toList();
    }

    private static long queued(Node node) {
        return node.tallies.status().stream().mapToLong(Hooks.Status::queued).sum();
    }

    private static <T> T await(CompletableFuture<T> future) throws Exception {
        return future.get(SOON.toSeconds(), TimeUnit.SECONDS);
    }

    /** Time that passes for leases; nothing is waited for. */
    private static void pause(int millis) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
    }
}

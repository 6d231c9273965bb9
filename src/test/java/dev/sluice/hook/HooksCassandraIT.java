package dev.sluice.hook;

import static dev.sluice.journal.TestStorage.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.sluice.access.Permit;
import dev.sluice.capture.Transcripts;
import dev.sluice.cassandra.CassandraStore;
import dev.sluice.config.DatabaseRule;
import dev.sluice.config.GrantRule.HookDatum;
import dev.sluice.config.GrantRule.HookEvent;
import dev.sluice.config.Policy;
import dev.sluice.config.PolicyDocument;
import dev.sluice.hook.Hooks.DeadLetter;
import dev.sluice.hook.Hooks.Status;
import dev.sluice.identity.Caller;
import dev.sluice.journal.TestStorage;
import dev.sluice.quota.Quota;
import dev.sluice.session.Exchange;
import dev.sluice.testing.CassandraServer;
import dev.sluice.testing.Eventually;
import dev.sluice.wire.Usage;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Letters to hooks in a real Cassandra; the file says what is right. */
class HooksCassandraIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final List<String> HOOKS = List.of("well", "shaky", "gone", "dead");
    private static final Policy POLICY =
            Objects.requireNonNull(PolicyDocument.read("""
                    {"hooks": {
                      "well": {"url": "http://well"}, "shaky": {"url": "http://shaky"}, "gone": {"url": "http://gone"}, "dead": {"url": "http://dead"},
                    }}
                    """).policy());

    @TempDir
    private Path directory;

    private final CassandraServer server = CassandraServer.shared();
    private final String keyspace = CassandraServer.freshKeyspace();
    private final Transcripts transcripts = new Transcripts(1L << 30);
    private final List<ActorTestKit> kits = new ArrayList<>();
    private volatile boolean away;

    @AfterEach
    void stop() {
        kits.forEach(ActorTestKit::shutdownTestKit);
    }

    /** What hooks were told, each message once. */
    private static final class Heard {
        final Map<String, String> messages = new ConcurrentHashMap<>();
        final Map<String, Integer> calls = new ConcurrentHashMap<>();
    }

    private record Node(ActorTestKit kit, Hooks hooks, Heard heard) {
        Map<String, Status> status() {
            var all = new TreeMap<String, Status>();
            hooks.status().forEach(it -> all.put(it.hook(), it));
            return all;
        }

        Status well() {
            return Objects.requireNonNull(status().get("well"));
        }

        long queued() {
            return hooks.status().stream().mapToLong(Status::queued).sum();
        }
    }

    private Node inFile(Heard heard, String more) {
        return node(heard, more, "file", "sluice.storage.kind = sqlite");
    }

    private Node node(Heard heard, String more) {
        return node(heard, more, "node-" + kits.size(), server.settings(keyspace));
    }

    private Node node(Heard heard, String more, String files, String storage) {
        var kit = ActorTestKit.create(
                "node",
                ConfigFactory.parseString(more)
                        .withFallback(ConfigFactory.parseString(storage))
                        .withFallback(ConfigFactory.parseString("""
                                sluice.hooks { first-pause = 20ms, longest-pause = 200ms, lease = 4s }
                                sluice.storage.directory = "%s"
                                pekko.actor.provider = local
                                pekko.coordinated-shutdown { exit-jvm = off, run-by-jvm-shutdown-hook = off, run-by-actor-system-terminate = off }
                                """.formatted(directory.resolve(files))))
                        .withFallback(ConfigFactory.parseResources("sluice.conf"))
                        .withFallback(ConfigFactory.load())
                        .resolve());
        kits.add(kit);
        if (storage.contains(keyspace)) {
            Eventually.await(SOON, () -> await(CassandraStore.get(kit.system()).tables("hooks")));
        }
        var hooks = await(CallingHooks.start(
                kit.system(),
                (address, request) -> answer(kit, heard, address, request),
                new NoQuota(),
                () -> POLICY,
                () -> "",
                InstantSource.system(),
                new Random(1)));
        return new Node(kit, hooks, heard);
    }

    /** Which letters a hook takes, and when, depends on the letters only. */
    private CompletionStage<HttpResponse> answer(ActorTestKit kit, Heard heard, URI address, HttpRequest request) {
        var message = request.getHeader("webhook-id").orElseThrow().value();
        var tried = heard.calls.merge(message, 1, Integer::sum);
        var status = switch (address.getHost()) {
            case "well" -> 204;
            case "shaky" -> tried > 1 || message.hashCode() % 4 != 0 ? 200 : 500;
            case "gone" -> 410;
            default -> 500;
        };
        if (away || (status != 200 && status != 204)) {
            return CompletableFuture.completedFuture(HttpResponse.create().withStatus(away ? 503 : status));
        }
        return request.entity()
                .toStrict(10_000, SystemMaterializer.get(kit.system()).materializer())
                .thenApply(body -> {
                    heard.messages.put(
                            message,
                            request.getHeader("x-sluice-hook-event")
                                            .orElseThrow()
                                            .value() + " " + body.getData().utf8String());
                    return HttpResponse.create().withStatus(status);
                });
    }

    /** As {@code SIGKILL} ends it, as far as others can tell: leases are not given back. */
    private static void kill(Node node) {
        node.kit().system().terminate();
        await(node.kit().system().getWhenTerminated());
    }

    private static void leave(Node node) {
        await(CoordinatedShutdown.get(node.kit().system()).runAll(CoordinatedShutdown.jvmExitReason()));
        await(node.kit().system().getWhenTerminated());
    }

    private CompletionStage<Done> tell(Node node, String id, List<String> hooks, int size, DatabaseRule rule) {
        var body = ("{\"messages\":[{\"role\":\"user\",\"content\":\"" + "x".repeat(size) + "\"}]}")
                .getBytes(StandardCharsets.UTF_8);
        var transcript = transcripts.begin(HttpRequest.POST("/v1/chat/completions"), body);
        transcript.add(ByteString.fromString("{\"id\":\"1\",\"choices\":[]}"));
        var caller = new Caller("ann@example.com", "Ann", "", List.of(), List.of(), false, List.of());
        var permit = new Permit(
                caller,
                "p",
                "m",
                List.of(),
                List.of(),
                hooks.stream()
                        .map(hook -> new Permit.Hook(
                                hook,
                                POLICY.hooks().get(hook),
                                Set.of(HookEvent.ENTIRE_REQUEST),
                                Set.of(HookDatum.REQUEST_BODY, HookDatum.ESTIMATED_COST)))
                        .toList(),
                Map.of());
        return node.hooks()
                .tell(new Hooks.Ended(exchange(id), permit, List.of(), transcript, rule))
                .whenComplete((_, _) -> transcript.free());
    }

    private void tellAll(Node node, String prefix, int number, List<String> hooks, int size) {
        var told = new ArrayList<CompletionStage<Done>>();
        for (var nth = 0; nth < number; nth++) {
            told.add(tell(node, prefix + nth, hooks, size, DatabaseRule.USUAL));
        }
        told.forEach(TestStorage::await);
    }

    private static Exchange exchange(String id) {
        return new Exchange(
                id,
                "oacc_1",
                "ann@example.com",
                "",
                List.of(),
                "p",
                "m",
                "m",
                "openai_chat",
                "/v1/chat/completions",
                "POST",
                200,
                "curl",
                false,
                Instant.EPOCH,
                1,
                2,
                Usage.ofText(10, 20),
                1_000L,
                "openai/m",
                List.of(),
                "stop",
                Exchange.Outcome.COMPLETED,
                null,
                false,
                100,
                100,
                List.of(),
                null,
                null);
    }

    /** Nobody is asked what is left. */
    private static final class NoQuota implements Quota {
        @Override
        public CompletionStage<Verdict> reserve(Request request) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<List<Quota.Status>> list() {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<List<Quota.Status>> of(List<String> buckets) {
            return CompletableFuture.completedStage(List.of());
        }

        @Override
        public CompletionStage<Optional<Quota.Status>> refill(String bucket, long nanos) {
            throw new UnsupportedOperationException();
        }
    }

    private long rows(String table) {
        try (var session = server.session()) {
            return session.execute("SELECT count(*) FROM %s.%s".formatted(keyspace, table))
                    .all()
                    .getFirst()
                    .getLong(0);
        }
    }

    private void assertNothingIsLeft() {
        Eventually.await(SOON, () -> {
            assertThat(rows("hook_letter")).isZero();
            assertThat(rows("hook_body")).isZero();
        });
    }

    /** The same letters to hooks that take them, fail for a while, want no more, or are dead: all that can be seen is as with a file, before and after a restart. */
    @Test
    void tellsAsTheFileDoes() {
        var seed = Long.getLong("sluice.seed", System.nanoTime());
        var label = "-Dsluice.seed=" + seed;
        var random = new Random(seed);
        var file = inFile(new Heard(), "sluice.hooks.give-up-after = 20s");
        var cassandra = node(new Heard(), "sluice.hooks { give-up-after = 20s, lease = 1m }");
        var told = new ArrayList<CompletionStage<Done>>();
        for (var nth = 0; nth < 300; nth++) {
            var hooks = HOOKS.stream().filter(_ -> random.nextInt(3) > 0).toList();
            var size = random.nextInt(20) == 0 ? 600_000 + random.nextInt(600_000) : random.nextInt(3_000);
            var rule = random.nextInt(10) == 0
                    ? new DatabaseRule(Duration.ZERO, false, Set.of(), List.of(), false, false)
                    : DatabaseRule.USUAL;
            told.add(tell(file, "r" + nth, hooks, size, rule));
            told.add(tell(cassandra, "r" + nth, hooks, size, rule));
        }
        told.forEach(TestStorage::await);
        for (var node : List.of(file, cassandra)) {
            Eventually.await(SOON, () -> assertThat(node.queued()).as(label).isZero());
        }

        assertThat(cassandra.heard().messages).as(label).isEqualTo(file.heard().messages);
        assertAlike(label, file, cassandra);
        assertNothingIsLeft();

        leave(file);
        leave(cassandra);
        assertThat(rows("hook_queue")).as("what is empty goes with its node").isZero();
        assertAlike(label, inFile(file.heard(), ""), node(cassandra.heard(), ""));
    }

    private static void assertAlike(String label, Node file, Node cassandra) {
        assertThat(cassandra.status().keySet())
                .as(label)
                .isEqualTo(file.status().keySet());
        file.status().forEach((hook, right) -> {
            var found = Objects.requireNonNull(cassandra.status().get(hook));
            assertThat(found.delivered()).as("%s: %s", label, hook).isEqualTo(right.delivered());
            assertThat(found.deadLetters()).as("%s: %s", label, hook).isEqualTo(right.deadLetters());
            assertThat(found.queuedBytes()).as("%s: %s", label, hook).isZero();
        });
        // Outcomes are written in company, a moment later.
        Eventually.await(
                SOON,
                () -> assertThat(buried(cassandra, 1_000))
                        .as(label)
                        .hasSizeGreaterThan(100)
                        .allSatisfy(it -> assertThat(buried(file, 1_000)).contains(it)));
        assertThat(await(cassandra.hooks().deadLetters(7)))
                .hasSize(7)
                .isSortedAccordingTo(Comparator.comparing(DeadLetter::died).reversed());
    }

    private static List<String> buried(Node node, int most) {
        return await(node.hooks().deadLetters(most)).stream()
                .map(it -> it.message() + " " + it.hook() + " " + it.requestId() + " "
                        + it.reason().replaceAll("[0-9]+ attempts", "some attempts"))
                .toList();
    }

    /** The hook is away, the node dies, and another one delivers once the lease has run out: everything, and as it was. */
    @Test
    void anotherDeliversWhatADeadNodeHasLeft() {
        away = true;
        var one = node(new Heard(), "");
        tellAll(one, "a", 1_500, List.of("well"), 100);
        tellAll(one, "b", 3, List.of("shaky"), 1_300_000);
        Eventually.await(SOON, () -> assertThat(one.well().failedAttempts()).isGreaterThan(5));
        kill(one);
        assertThat(one.heard().messages).isEmpty();

        away = false;
        var two = node(new Heard(), "");
        var three = node(new Heard(), "");

        Eventually.await(
                SOON,
                () -> assertThat(two.heard().messages.size()
                                + three.heard().messages.size())
                        .isGreaterThanOrEqualTo(1_503));
        var all = new TreeMap<>(two.heard().messages);
        all.putAll(three.heard().messages);
        assertThat(all).hasSize(1_503);
        assertThat(all.values().stream().filter(it -> it.length() > 1_300_000)).hasSize(3);
        assertThat(two.heard().messages.isEmpty() || three.heard().messages.isEmpty())
                .as("one of them has it")
                .isTrue();
        assertNothingIsLeft();
        Eventually.await(SOON, () -> assertThat(rows("hook_queue")).isZero());
    }

    /** Two queues, one after the other, in the order in which they were made; of the node's own shutdown nobody waits for a lease. */
    @Test
    void whoLeavesHandsOver() {
        away = true;
        var one = node(new Heard(), "sluice.hooks.lease = 1h");
        tellAll(one, "a", 30, List.of("well"), 100);
        leave(one);
        var two = node(new Heard(), "sluice.hooks.lease = 1h");
        tellAll(two, "b", 30, List.of("well"), 100);
        Eventually.await(SOON, () -> assertThat(two.queued()).isEqualTo(60));
        leave(two);

        away = false;
        var three = node(new Heard(), "sluice.hooks.lease = 1h");
        Eventually.await(SOON, () -> assertThat(three.heard().messages).hasSize(60));
        assertThat(three.well().deadLetters()).isZero();
        assertNothingIsLeft();
    }

    /** As in a file: the oldest end as dead letters, and leave. */
    @Test
    void whatComesToAFullQueueEndsTheOldest() {
        away = true;
        var node = node(new Heard(), "sluice.hooks.queue-deliveries = 50");
        tellAll(node, "a", 80, List.of("well"), 100);

        Eventually.await(SOON, () -> {
            assertThat(node.well().deadLetters()).isEqualTo(30);
            assertThat(node.queued()).isEqualTo(50);
            assertThat(rows("hook_letter")).isEqualTo(50);
            assertThat(rows("hook_body")).isEqualTo(50);
            assertThat(await(node.hooks().deadLetters(100)))
                    .hasSize(30)
                    .allSatisfy(it -> assertThat(it.reason()).isEqualTo("the queue was full"));
        });
        away = false;
        Eventually.await(SOON, () -> assertThat(node.heard().messages).hasSize(50));
    }

    /** Letters go on from memory; nothing hangs; what was stored before is delivered, and what comes afterwards is stored again. */
    @Test
    void whileCassandraIsAwayLettersGoFromMemoryAndAfterwardsAllIsAsBefore() {
        away = true;
        var node = node(new Heard(), "sluice.cassandra.request-timeout = 2s");
        tellAll(node, "before", 40, List.of("well"), 1_000);
        try {
            server.kill();
            Eventually.await(
                    SOON,
                    () -> assertThat(node.queued())
                            .as("somebody else may deliver them by now")
                            .isZero());
            away = false;
            var told = new ArrayList<CompletionStage<Done>>();
            for (var nth = 0; nth < 40; nth++) {
                told.add(tell(node, "meanwhile" + nth, List.of("well"), 1_000, DatabaseRule.USUAL));
            }
            told.forEach(it -> awaited(it.toCompletableFuture().orTimeout(40, TimeUnit.SECONDS), SOON));
            Eventually.await(SOON, () -> assertThat(node.heard().messages).hasSize(40));
            assertThat(transcripts.held()).isZero();
        } finally {
            server.startAgain();
        }
        Eventually.await(SOON, () -> assertThat(node.heard().messages).hasSize(80));
        Eventually.await(SOON, () -> {
            tellAll(node, "after", 10, List.of("well"), 1_000);
            assertThat(node.heard().messages).hasSize(90);
        });
        assertThat(node.well().deadLetters()).isZero();
        assertNothingIsLeft();
    }

    private static <T> T awaited(CompletableFuture<T> stage, Duration patience) {
        Eventually.await(patience, () -> assertThat(stage).isDone());
        return TestStorage.await(stage);
    }

    @Test
    void everythingExpiresByItself() {
        away = true;
        var node = node(new Heard(), "sluice.hooks.give-up-after = 10h");
        tellAll(node, "a", 3, List.of("well"), 100);

        var hours = (int) Duration.ofHours(10).toSeconds();
        var day = (int) Duration.ofDays(1).toSeconds();
        try (var session = server.session()) {
            for (var row : session.execute("SELECT TTL(body) FROM %s.hook_body".formatted(keyspace))) {
                assertThat(row.getInt(0)).isBetween(hours - 60, hours + 60);
            }
            for (var row : session.execute("SELECT TTL(message) FROM %s.hook_letter".formatted(keyspace))) {
                assertThat(row.getInt(0)).isBetween(hours + day - 60, hours + day);
            }
            for (var row : session.execute("SELECT TTL(newest), TTL(holder) FROM %s.hook_queue".formatted(keyspace))) {
                assertThat(row.getInt(0)).isBetween(hours + day + 3_500, hours + day + 3_600);
                assertThat(row.getInt(1)).isBetween(1, 4);
            }
        }
    }

    /** A node whose letters lay in its file, before they lay in Cassandra. */
    @Test
    void whatLiesInAFileIsBroughtHere() {
        away = true;
        var before = inFile(new Heard(), "");
        tellAll(before, "a", 250, List.of("well"), 2_000);
        kill(before);
        var now = node(new Heard(), "", "file", server.settings(keyspace));
        Eventually.await(SOON, () -> assertThat(now.queued()).isEqualTo(250));
        Eventually.await(SOON, () -> assertThat(rows("hook_letter")).isEqualTo(250));
        away = false;

        Eventually.await(SOON, () -> assertThat(now.heard().messages).hasSize(250));
        kill(now);
        var after = inFile(new Heard(), "");
        assertThat(after.queued()).isZero();
    }
}

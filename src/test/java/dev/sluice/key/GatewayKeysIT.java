package dev.sluice.key;

import static dev.sluice.key.Keys.NOON;
import static dev.sluice.key.Keys.terms;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cluster.NodeSystem;
import dev.sluice.key.GatewayKeys.Created;
import dev.sluice.key.GatewayKeys.Refused;
import dev.sluice.key.GatewayKeys.TooMany;
import dev.sluice.key.GatewayKeys.Unacceptable;
import dev.sluice.key.GatewayKeys.Valid;
import dev.sluice.testing.Eventually;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.sharding.ShardRegion.CurrentShardRegionState;
import org.apache.pekko.cluster.sharding.typed.GetShardRegionState;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The door on a node's storage. A second one beside it stands for another node: it has the same actors, and hears of keys by itself. */
class GatewayKeysIT {
    private static final Duration SOON = Duration.ofSeconds(20);
    /** More than this class makes keys. */
    private static final int KEYS = 30;

    @TempDir
    private static Path data;

    private static volatile Instant now = NOON;
    private static ActorSystem<?> system;
    private static GatewayKeys keys;
    private static GatewayKeys elsewhere;
    private static GatewayKeys deaf;

    @BeforeAll
    static void start() {
        system = now(NodeSystem.start(NodeSystem.config(
                null, Map.of("sluice.storage.directory", data.toString(), "pekko.loglevel", "WARNING"))));
        keys = now(keys(1, 1000).open());
        elsewhere = now(keys(2, 1000).open());
        deaf = keys(3, 1000);
    }

    private static ShardedKeys keys(long seed, int most) {
        return new ShardedKeys(system, () -> now, System::nanoTime, new Random(seed), most);
    }

    @AfterAll
    static void stop() {
        system.terminate();
        now(system.getWhenTerminated());
    }

    private static <T> T now(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
    }

    private static Created make(KeyTerms terms) {
        return (Created) now(keys.create(terms, "root"));
    }

    private static String text(Created made) {
        return made.text().reveal();
    }

    @Test
    void isKnownToANodeThatHasHeardOfItAndToOneThatHasNot() {
        var made = make(terms("one", null));

        assertThat(now(keys.verify(text(made)))).isEqualTo(new Valid(made.key().key()));
        assertThat(now(deaf.verify(text(made)))).isEqualTo(new Valid(made.key().key()));
        assertThat(now(elsewhere.verify(text(made))))
                .isEqualTo(new Valid(made.key().key()));
        Eventually.await(
                SOON,
                () -> assertThat(now(elsewhere.list("one", 10, null)))
                        .extracting(KeyStatus::key)
                        .containsExactly(made.key().key()));
    }

    @Test
    void isRevokedEverywhereWithinASecond() {
        var made = make(terms("two", null));
        assertThat(now(elsewhere.verify(text(made)))).isInstanceOf(Valid.class);

        now(keys.revoke(made.key().key().id(), "root"));

        var revoked = System.nanoTime();
        assertThat(now(keys.verify(text(made)))).isInstanceOf(Refused.class);
        // Asked all the time: what is good when one asks has to be asked for anew.
        while (System.nanoTime() - revoked < Duration.ofMillis(1100).toNanos()) {
            var asked = System.nanoTime();
            if (now(elsewhere.verify(text(made))) instanceof Valid) {
                assertThat(asked - revoked).isLessThan(Duration.ofSeconds(1).toNanos());
            }
        }
        assertThat(now(elsewhere.verify(text(made)))).isInstanceOf(Refused.class);
    }

    @Test
    void expiresByTheClock() {
        var made = make(terms("three", NOON.plusSeconds(60)));
        try {
            now = NOON.plusSeconds(60).minusNanos(1);
            assertThat(now(keys.verify(text(made)))).isInstanceOf(Valid.class);
            now = NOON.plusSeconds(60);
            assertThat(now(keys.verify(text(made)))).isInstanceOf(Refused.class);
            assertThat(now(elsewhere.verify(text(made)))).isInstanceOf(Refused.class);
        } finally {
            now = NOON;
        }
    }

    @Test
    void remembersItsLastUse() {
        var made = make(terms("four", null));
        now(keys.verify(text(made)));

        Eventually.await(
                SOON,
                () -> assertThat(now(keys.find(made.key().key().id())))
                        .hasValueSatisfying(
                                status -> assertThat(status.lastUsed()).isEqualTo(NOON)));
    }

    @Test
    void isNotMadeForWhatIsNoOwner() {
        assertThat(now(keys.create(terms("tag:ci", null), "root"))).isInstanceOf(Unacceptable.class);
        assertThat(now(keys.create(terms("alice", NOON), "root"))).isInstanceOf(Unacceptable.class);
    }

    @Test
    void thatWasMadeUpWakesFewActorsAndLeavesNone() {
        var random = new Random(7);
        var verdicts = IntStream.range(0, 20_000)
                .mapToObj(_ -> keys.verify(KeyText.make(random).whole().reveal()))
                .toList();

        assertThat(verdicts).allSatisfy(verdict -> assertThat(now(verdict)).isInstanceOf(Refused.class));
        Eventually.await(Duration.ofSeconds(20), () -> assertThat(awake()).isLessThanOrEqualTo(KEYS));
        // And whoever has a good one is let in meanwhile.
        var made = make(terms("five", null));
        IntStream.range(0, 1000)
                .forEach(_ -> keys.verify(KeyText.make(random).whole().reveal()));
        assertThat(now(keys.verify(text(made)))).isInstanceOf(Valid.class);
    }

    private static int awake() {
        var probe = TestProbe.<CurrentShardRegionState>create(system);
        ClusterSharding.get(system).shardState().tell(new GetShardRegionState(GatewayKey.KEY, probe.ref()));
        return probe.receiveMessage().getShards().stream()
                .mapToInt(shard -> shard.getEntityIds().size())
                .sum();
    }

    @Test
    void isListedInPagesTheLatestFirst() {
        var made = IntStream.range(0, 3)
                .mapToObj(_ -> make(terms("six", null)).key())
                .toList();

        var first = now(keys.list("six", 2, null));
        var second = now(keys.list("six", 2, first.getLast().key().id()));

        assertThat(first).hasSize(2);
        assertThat(second).hasSize(1);
        assertThat(List.of(first.getFirst(), first.getLast(), second.getFirst()))
                .containsExactlyInAnyOrderElementsOf(made);
        assertThat(now(keys.list("six", 2, "nothing"))).isEmpty();
    }

    @Test
    void isOneOfNoMoreThanThereMayBe() {
        var few = keys(4, 3);

        var asked = IntStream.range(0, 20)
                .mapToObj(_ -> few.create(terms("seven", null), "root"))
                .toList();

        assertThat(asked.stream().map(GatewayKeysIT::now).filter(Created.class::isInstance))
                .hasSize(3);
        assertThat(now(few.create(terms("seven", null), "root"))).isEqualTo(new TooMany());
        assertThat(now(few.list("seven", 500, null))).hasSize(3);
    }
}

package dev.sluice.key;

import static dev.sluice.key.Keys.NOON;
import static dev.sluice.key.Keys.SHA256;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.sluice.key.GatewayKey.Answer;
import dev.sluice.key.GatewayKey.Command;
import dev.sluice.key.GatewayKey.Known;
import dev.sluice.key.GatewayKey.NoSuchKey;
import dev.sluice.key.GatewayKey.Taken;
import java.time.Duration;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import org.apache.pekko.persistence.testkit.javadsl.PersistenceTestKit;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class GatewayKeyTest {
    private static final ActorTestKit testKit =
            ActorTestKit.create(ConfigFactory.parseString("""
                    pekko.loglevel = WARNING
                    pekko.actor.serialization-bindings {
                      "dev.sluice.cluster.CborSerializable" = jackson-cbor
                      "dev.sluice.cluster.JsonSerializable" = jackson-json
                    }
                    """).withFallback(EventSourcedBehaviorTestKit.config()));
    private static final PersistenceTestKit journal = PersistenceTestKit.create(testKit.system());
    private static int keys;

    private final String id = "key" + ++keys;
    private final TestProbe<ClusterSharding.ShardCommand> shard = testKit.createTestProbe();
    private final EventSourcedBehaviorTestKit<Command, KeyEvent, KeyState> key =
            EventSourcedBehaviorTestKit.create(testKit.system(), GatewayKey.create(id, shard.ref()));

    @AfterAll
    static void stop() {
        testKit.shutdownTestKit();
    }

    private Known create() {
        var created = key.<Answer>runCommand(replyTo -> new GatewayKey.Create(Keys.full(id), SHA256, replyTo));
        return (Known) created.reply();
    }

    private Answer tell() {
        return key.<Answer>runCommand(GatewayKey.Tell::new).reply();
    }

    private Answer revoke(int seconds) {
        return key.<Answer>runCommand(replyTo -> new GatewayKey.Revoke(NOON.plusSeconds(seconds), "root", replyTo))
                .reply();
    }

    @Test
    void saysWhatItWasMadeFor() {
        assertThat(create()).isEqualTo(new Known(new KeyStatus(Keys.full(id), null, null), SHA256));
        assertThat(tell()).isEqualTo(new Known(new KeyStatus(Keys.full(id), null, null), SHA256));
        assertThat(events()).containsExactly(new KeyCreated(Keys.full(id), SHA256));
        shard.expectNoMessage(Duration.ZERO);
    }

    @Test
    void isMadeOnce() {
        create();

        var again = key.<Answer>runCommand(replyTo -> new GatewayKey.Create(Keys.key(id, null), "00", replyTo));

        assertThat(again.reply()).isEqualTo(new Taken());
        assertThat(again.hasNoEvents()).isTrue();
    }

    @Test
    void isRevokedOnce() {
        create();

        assertThat(revoke(1)).isEqualTo(new Known(new KeyStatus(Keys.full(id), NOON.plusSeconds(1), null), SHA256));
        assertThat(revoke(2)).isEqualTo(tell());
        assertThat(events())
                .endsWith(new KeyRevoked(NOON.plusSeconds(1), "root"))
                .hasSize(2);
    }

    @Test
    void remembersItsLastUseToTheMinute() {
        create();

        for (var second : new int[] {0, 1, 59, 60, 61, 30, 200}) {
            key.runCommand(new GatewayKey.Use(NOON.plusSeconds(second)));
        }

        assertThat(events().subList(1, events().size()))
                .containsExactly(
                        new KeyUsed(NOON), new KeyUsed(NOON.plusSeconds(60)), new KeyUsed(NOON.plusSeconds(200)));
        assertThat(((Known) tell()).status().lastUsed()).isEqualTo(NOON.plusSeconds(200));
    }

    @Test
    void isTheSameAfterARestartAndAfterManyUses() {
        create();
        for (var minute = 0; minute < 250; minute++) {
            key.runCommand(new GatewayKey.Use(NOON.plusSeconds(60L * minute)));
        }
        revoke(99_999);
        var before = tell();

        key.restart();

        assertThat(tell()).isEqualTo(before);
        assertThat(((Known) before).status().lastUsed()).isEqualTo(NOON.plusSeconds(60 * 249));
        // The list of keys is made of the first one.
        assertThat(events()).startsWith(new KeyCreated(Keys.full(id), SHA256));
    }

    @Test
    void thatNobodyMadeIsNoneAndGoesAway() {
        assertThat(tell()).isEqualTo(new NoSuchKey());
        shard.expectMessageClass(ClusterSharding.Passivate.class);
        assertThat(revoke(1)).isEqualTo(new NoSuchKey());
        shard.expectMessageClass(ClusterSharding.Passivate.class);
        key.runCommand(new GatewayKey.Use(NOON));
        shard.expectMessageClass(ClusterSharding.Passivate.class);
        assertThat(events()).isEmpty();
    }

    @Test
    void serializesWhatItHearsAndSays() {
        var probe = testKit.<Answer>createTestProbe();

        List.of(
                        new GatewayKey.Create(Keys.full(id), SHA256, probe.ref()),
                        new GatewayKey.Create(Keys.key(id, null), SHA256, probe.ref()),
                        new GatewayKey.Tell(probe.ref()),
                        new GatewayKey.Revoke(NOON, "root", probe.ref()),
                        new GatewayKey.Use(NOON),
                        new GatewayKey.Stop(),
                        new Known(new KeyStatus(Keys.full(id), NOON, null), SHA256),
                        new NoSuchKey(),
                        new Taken())
                .forEach(message -> testKit.serializationTestKit().verifySerialization(message, true));
    }

    private List<Object> events() {
        return journal.persistedInStorage(
                PersistenceId.of(GatewayKey.KEY.name(), id).id());
    }
}

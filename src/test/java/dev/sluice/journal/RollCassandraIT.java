package dev.sluice.journal;

import static dev.sluice.journal.TestStorage.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.sluice.testing.CassandraServer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RollCassandraIT {
    private final CassandraServer server = CassandraServer.shared();
    private final ActorTestKit kit = ActorTestKit.create(
            "roll",
            ConfigFactory.parseString(server.settings(CassandraServer.freshKeyspace()))
                    .withFallback(ConfigFactory.parseResources("sluice-cassandra.conf"))
                    .withFallback(ConfigFactory.load())
                    .resolve());
    private final Roll roll = Roll.of(kit.system(), "Bucket");

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    private Map<String, Boolean> marks() {
        return await(roll.marks().runWith(Sink.seq(), kit.system())).stream()
                .collect(Collectors.toMap(Roll.Marked::name, Roll.Marked::awake));
    }

    @Test
    void findsAllOfItsKindInWhateverPartitionTheyLie() {
        // Given
        var expected = new HashMap<String, Boolean>();
        for (var i = 0; i < 500; i++) {
            expected.put("bucket:" + i, i % 3 == 0);
        }

        // When
        expected.forEach((name, awake) -> await(roll.mark(name, 1, awake)));
        await(Roll.of(kit.system(), "Other").mark("stranger", 1, true));

        // Then
        assertThat(marks()).isEqualTo(expected);
    }

    /** As a node would write that stood still while others went on, and whose clock is ahead. */
    @Test
    void theHighestVersionHoldsHoweverLateTheOthersCome() {
        await(roll.mark("a", 12, true));
        await(roll.mark("a", 11, false));
        await(roll.mark("b", 13, false));
        await(roll.mark("b", 12, true));
        await(roll.mark("c", 1, true));
        await(roll.mark("c", 2, false));

        assertThat(marks()).isEqualTo(Map.of("a", true, "b", false, "c", false));
    }

    @Test
    void keepsWhatIsNotedBesideTheMarks() {
        var note = new byte[] {1, 2, 3};
        await(roll.mark("marked", 1, true));
        await(roll.note("noted", ByteBuffer.wrap(note)));

        var notes = new ArrayList<>(await(roll.notes().runWith(Sink.seq(), kit.system())));

        assertThat(notes).containsExactly(ByteBuffer.wrap(note));
        assertThat(marks()).containsOnlyKeys("marked");
    }
}

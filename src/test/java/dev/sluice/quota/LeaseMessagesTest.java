package dev.sluice.quota;

import static dev.sluice.quota.Rules.holds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.quota.QuotaBucket.Acknowledged;
import dev.sluice.quota.QuotaBucket.Granted;
import dev.sluice.quota.QuotaBucket.Recalled;
import dev.sluice.quota.QuotaBucket.Reply;
import dev.sluice.quota.QuotaBucket.Report;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.serialization.SerializationExtension;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What goes between nodes arrives as it was sent, and fits. */
class LeaseMessagesTest {
    private static final int FRAME_MAX = 256 * 1024;
    private static ActorTestKit testKit;

    @BeforeAll
    static void start() {
        testKit = ActorTestKit.create(TestSystem.config());
    }

    @AfterAll
    static void stop() {
        testKit.shutdownTestKit();
    }

    @Test
    void messagesOfLeasesArriveAsTheyWereSent() {
        var desk = testKit.<Reply>createTestProbe().ref();
        var kit = testKit.serializationTestKit();

        kit.verifySerialization(
                new Report(
                        7,
                        41,
                        List.of(
                                new Entry.Drawn("r1", 5, "memo"),
                                new Entry.Ended("r1", Desk.RELEASE),
                                new Entry.Returned(9)),
                        true,
                        -3,
                        desk),
                true);
        kit.verifySerialization(new Granted("b|x", 7, 1_000, Change.Defined.of(holds(100)), -3), true);
        kit.verifySerialization(new Acknowledged("b|x", 7, 41, 1_000, false, true, -3), true);
        kit.verifySerialization(new Recalled("b|x", 7), true);
    }

    @Test
    void theLargestReportFitsIntoAFrame() throws Exception {
        var desk = testKit.<Reply>createTestProbe().ref();
        var slice = new Slice(
                new Granted("b", 1, Long.MAX_VALUE, Change.Defined.of(holds(100)), 0),
                Slice.Terms.of(QuotaSettings.defaults("none", false)),
                0);
        IntStream.range(0, 2_000).forEach(i -> slice.draw("request" + i, 1, "€".repeat(700), holds(100), 0));

        var telling = Objects.requireNonNull(slice.tell(0));

        var bytes = SerializationExtension.get(testKit.system())
                .serialize(new Report(1, telling.first(), telling.entries(), telling.last(), 0, desk))
                .get();
        assertThat(telling.entries()).hasSizeGreaterThan(50);
        assertThat(bytes.length).isLessThan(FRAME_MAX);
    }
}

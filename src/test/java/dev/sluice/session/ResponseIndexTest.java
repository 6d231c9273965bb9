package dev.sluice.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.session.Reply.Found;
import dev.sluice.session.Reply.Linked;
import dev.sluice.session.Reply.NotFound;
import java.time.Duration;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.persistence.testkit.javadsl.PersistenceTestKit;
import org.apache.pekko.persistence.testkit.javadsl.SnapshotTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ResponseIndexTest {
    private static final String SESSION = "oare_0123456789abcdef";
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final ActorTestKit kit = ActorTestKit.create(Exchanges.config());

    private final TestProbe<Reply> probe = kit.createTestProbe(Reply.class);
    private ActorRef<ResponseIndex.Command> index = kit.spawn(ResponseIndex.create("index"));

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    @BeforeEach
    void startEmpty() {
        kit.stop(index);
        PersistenceTestKit.create(kit.system()).clearAll();
        SnapshotTestKit.create(kit.system()).clearAll();
        index = kit.spawn(ResponseIndex.create("index"));
    }

    @Test
    void knowsTheSessionOfAResponseAfterARestart() {
        link("r1", SESSION, 1);
        restart();

        find("r1", 2);

        assertThat(probe.receiveSeveralMessages(2, PATIENCE))
                .containsExactly(new Linked(1), new Found(2, linked("r1", SESSION)));
    }

    @Test
    void keepsTheFirstLinkOfAResponse() {
        link("r1", SESSION, 1);
        link("r1", "oare_other", 2);

        find("r1", 3);

        assertThat(probe.receiveSeveralMessages(3, PATIENCE))
                .contains(new Linked(1), new Linked(2), new Found(3, linked("r1", SESSION)));
    }

    @Test
    void waitsAMomentForTheLinkOfAnAnswerThatJustWentOut() {
        find("r1", 1);

        link("r1", SESSION, 2);

        assertThat(probe.receiveSeveralMessages(2, PATIENCE))
                .containsExactlyInAnyOrder(new Found(1, linked("r1", SESSION)), new Linked(2));
    }

    @Test
    void saysSoWhenNobodyRecordedAResponse() {
        find("r1", 1);

        assertThat(probe.receiveMessage(PATIENCE)).isEqualTo(new NotFound(1));
    }

    @Test
    void forgetsTheOldestResponsesOnly() {
        // Given
        var many = ResponseIndex.REMEMBERED + 1;
        for (var i = 0; i < many; i++) {
            link("r" + i, SESSION, i);
        }
        probe.receiveSeveralMessages(many, PATIENCE);
        restart();
        // When
        find("r0", many);
        find("r1", many + 1);
        // Then
        assertThat(probe.receiveSeveralMessages(2, PATIENCE))
                .containsExactlyInAnyOrder(new NotFound(many), new Found(many + 1, linked("r1", SESSION)));
    }

    private static ResponseLinked linked(String response, String session) {
        return new ResponseLinked(response, session, "openai", "gpt-5/large");
    }

    private void link(String response, String session, long errand) {
        index.tell(new ResponseIndex.Link(linked(response, session), errand, probe.ref()));
    }

    private void find(String response, long errand) {
        index.tell(new ResponseIndex.Find(response, errand, probe.ref()));
    }

    private void restart() {
        index.tell(new ResponseIndex.Stop());
        kit.createTestProbe().expectTerminated(index, PATIENCE);
        index = kit.spawn(ResponseIndex.create("index"));
    }
}

package dev.sluice.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.session.Exchange.Outcome;
import dev.sluice.session.Reply.Foreign;
import dev.sluice.session.Reply.Recorded;
import dev.sluice.testing.Eventually;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.persistence.testkit.JournalOperation;
import org.apache.pekko.persistence.testkit.ProcessingPolicy;
import org.apache.pekko.persistence.testkit.ProcessingResult;
import org.apache.pekko.persistence.testkit.ProcessingSuccess;
import org.apache.pekko.persistence.testkit.WriteEvents;
import org.apache.pekko.persistence.testkit.javadsl.PersistenceTestKit;
import org.apache.pekko.persistence.testkit.javadsl.SnapshotTestKit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SessionTest {
    private static final String ID = "oacc_0123456789abcdef";
    private static final String ALICE = "alice@example.com";
    private static final String BOB = "bob@example.com";
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final ActorTestKit kit = ActorTestKit.create(Exchanges.config());
    private static final PersistenceTestKit journal = PersistenceTestKit.create(kit.system());
    private static final SnapshotTestKit snapshots = SnapshotTestKit.create(kit.system());

    private final TestProbe<Reply> probe = kit.createTestProbe(Reply.class);
    private ActorRef<Session.Command> session = kit.spawn(Session.create(ID, InstantSource.fixed(Exchanges.NOON)));

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    @BeforeEach
    void startEmpty() {
        kit.stop(session);
        journal.clearAll();
        snapshots.clearAll();
        session = kit.spawn(Session.create(ID, InstantSource.fixed(Exchanges.NOON)));
    }

    @Test
    void remembersAnExchangeOnceHoweverOftenItIsTold() {
        record("r1", ALICE, 70L, 1);
        record("r1", ALICE, 70L, 2);
        restart();

        record("r1", ALICE, 99L, 3);

        assertThat(probe.receiveSeveralMessages(3, PATIENCE))
                .containsExactly(new Recorded(1, 70), new Recorded(2, 70), new Recorded(3, 70));
        assertThat(recorded()).extracting(Exchange::requestId).containsExactly("r1");
    }

    @Test
    void writesWhatCameDuringAWriteInOneBatch() throws InterruptedException {
        // Given
        var writes = new AtomicInteger();
        var allSent = new CountDownLatch(1);
        journal.withPolicy(new SlowWrites(writes, allSent));
        // When
        IntStream.range(0, 1000).forEach(i -> record("r" + i, ALICE, 1L, i));
        allSent.countDown();
        // Then
        assertThat(probe.receiveSeveralMessages(1000, PATIENCE)).hasSize(1000);
        assertThat(writes.get()).isLessThan(20);
        journal.resetPolicy();
    }

    @Test
    void writesWhatComesInAMomentInOneBatch() {
        var writes = new AtomicInteger();
        journal.withPolicy(new SlowWrites(writes, new CountDownLatch(0)));

        IntStream.range(0, 100).forEach(i -> record("r" + i, ALICE, 1L, i));

        assertThat(probe.receiveSeveralMessages(100, PATIENCE)).hasSize(100);
        assertThat(writes.get()).isLessThan(10);
        journal.resetPolicy();
    }

    @Test
    void knowsWhoAnsweredBeforeTheJournalDoes() {
        record("r1", ALICE, 1L, 1);
        session.tell(new Session.FindHome("gpt-5", 2, probe.ref()));

        assertThat(probe.receiveSeveralMessages(2, PATIENCE))
                .containsExactlyInAnyOrder(new Recorded(1, 1), new Reply.Home(2, "openai/gpt-5"));
    }

    @Test
    void answersTheRecordedCostOfARequestWhoseGatewayDied() {
        record("r1", ALICE, 70L, 1);

        askCost("r1", 500, 2);

        assertThat(probe.receiveSeveralMessages(2, PATIENCE)).containsExactly(new Recorded(1, 70), new Recorded(2, 70));
        assertThat(recorded()).hasSize(1);
    }

    @Test
    void chargesNothingForARequestWithoutAPrice() {
        record("r1", ALICE, null, 1);

        askCost("r1", 500, 2);

        assertThat(probe.receiveSeveralMessages(2, PATIENCE)).containsExactly(new Recorded(1, 0), new Recorded(2, 0));
    }

    @Test
    void recordsALostExchangeAtItsEstimateOnce() {
        record("r1", ALICE, 70L, 1);
        askCost("r2", 500, 2);
        restart();

        askCost("r2", 900, 3);
        record("r2", ALICE, 70L, 4);

        assertThat(probe.receiveSeveralMessages(4, PATIENCE))
                .containsExactly(new Recorded(1, 70), new Recorded(2, 500), new Recorded(3, 500), new Recorded(4, 500));
        assertThat(recorded()).hasSize(2);
        var lost = recorded().getLast();
        assertThat(lost.outcome()).isEqualTo(Outcome.LOST);
        assertThat(lost.costNanos()).isEqualTo(500);
        assertThat(lost.session()).isEqualTo(ID);
        assertThat(lost.started()).isEqualTo(Exchanges.NOON);
    }

    @Test
    void tellsTheOwnersNameInALostExchangeWhenItKnowsIt() {
        record("r1", ALICE, 70L, 1);
        probe.receiveMessage(PATIENCE);

        askCost("r2", 500, 2);

        probe.receiveMessage(PATIENCE);
        assertThat(recorded().getLast().login()).isEqualTo(ALICE);
    }

    @Test
    void refusesAStrangersExchange() {
        record("r1", ALICE, 70L, 1);
        record("r2", BOB, 70L, 2);
        restart();

        record("r3", BOB, 70L, 3);

        // The first stranger is refused at once, while the owner's exchange is on its way to the journal.
        assertThat(probe.receiveSeveralMessages(3, PATIENCE))
                .containsExactlyInAnyOrder(new Recorded(1, 70), new Foreign(2), new Foreign(3));
        assertThat(recorded()).extracting(Exchange::login).containsExactly(ALICE);
    }

    @Test
    void readsTheJournalAgainForARequestThatItForgot() {
        // Given
        var many = SessionState.REMEMBERED + 10;
        for (var i = 0; i < many; i++) {
            record("r" + i, ALICE, 1000L + i, i);
        }
        probe.receiveSeveralMessages(many, PATIENCE);
        // When
        askCost("r3", 5, many);
        askCost("never-seen", 5, many + 1);
        // Then
        assertThat(probe.receiveSeveralMessages(2, PATIENCE))
                .containsExactlyInAnyOrder(new Recorded(many, 1003), new Recorded(many + 1, 5));
        assertThat(recorded()).hasSize(many + 1);
    }

    @Test
    void recoversFromASnapshotAndTheEventsBehindIt() {
        // Given
        var many = 2100;
        IntStream.range(0, many).forEach(i -> record("r" + i, ALICE, 1000L + i, i));
        probe.receiveSeveralMessages(many, PATIENCE);
        Eventually.await(
                PATIENCE,
                () -> assertThat(snapshots.persistedInStorage(
                                Session.persistenceId(ID).id()))
                        .isNotEmpty());
        // When
        restart();
        record("r5", ALICE, 1L, many);
        record("r2099", ALICE, 1L, many + 1);
        // Then
        assertThat(probe.receiveSeveralMessages(2, PATIENCE))
                .containsExactly(new Recorded(many, 1005), new Recorded(many + 1, 3099));
        assertThat(recorded()).hasSize(many);
    }

    @Test
    void tellsNobodyOfAWriteThatFailed() {
        journal.failNextPersisted(Session.persistenceId(ID).id());

        record("r1", ALICE, 70L, 1);

        probe.expectTerminated(session, PATIENCE);
        probe.expectNoMessage(Duration.ZERO);
        assertThat(recorded()).isEmpty();
    }

    @Test
    void writesWhatItHoldsBeforeItMoves() {
        record("r1", ALICE, 70L, 1);

        session.tell(new Session.Stop());

        assertThat(probe.receiveMessage(PATIENCE)).isEqualTo(new Recorded(1, 70));
        assertThat(recorded()).hasSize(1);
    }

    private void record(String requestId, String login, @Nullable Long cost, long errand) {
        session.tell(new Session.Remember(Exchanges.of(requestId, ID, login, cost), errand, probe.ref()));
    }

    private void askCost(String requestId, long estimate, long errand) {
        session.tell(new Session.CostOrLost(requestId, RequestMemo.of(ID), estimate, errand, probe.ref()));
    }

    private List<Exchange> recorded() {
        return journal.persistedInStorage(Session.persistenceId(ID).id()).stream()
                .map(event -> ((ExchangeRecorded) event).exchange())
                .toList();
    }

    private void restart() {
        session.tell(new Session.Stop());
        kit.createTestProbe().expectTerminated(session, PATIENCE);
        session = kit.spawn(Session.create(ID, InstantSource.fixed(Exchanges.NOON)));
    }

    /** Counts writes; the first takes until everything was sent. */
    private record SlowWrites(AtomicInteger writes, CountDownLatch allSent)
            implements ProcessingPolicy<JournalOperation> {
        @Override
        public ProcessingResult tryProcess(String id, JournalOperation operation) {
            if (operation instanceof WriteEvents) {
                writes.incrementAndGet();
                try {
                    allSent.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            return ProcessingSuccess.getInstance();
        }
    }
}

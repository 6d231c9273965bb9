package dev.sluice.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.identity.Caller;
import dev.sluice.testing.Eventually;
import dev.sluice.wire.RequestHead.SessionHints;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.persistence.testkit.javadsl.PersistenceTestKit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** The door on a cluster of one. */
class SessionsIT {
    private static final String ALICE = "alice@example.com";
    private static final String BOB = "bob@example.com";

    private static final ActorTestKit kit = ActorTestKit.create(Exchanges.config());
    private static final PersistenceTestKit journal = PersistenceTestKit.create(kit.system());
    private static final Sessions sessions = start();

    private static Sessions start() {
        var cluster = Cluster.get(kit.system());
        cluster.manager().tell(Join.create(cluster.selfMember().address()));
        return Sessions.start(kit.system(), InstantSource.fixed(Exchanges.NOON), new Random(3));
    }

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void recordsAnExchangeAndKnowsItsCost() {
        var session = SessionNames.own("oacc", ALICE, "records");

        now(sessions.record(Exchanges.of("r1", session, ALICE, 70L)));

        assertThat(now(sessions.costOrLost("r1", Exchanges.memo(session, ALICE), 500)))
                .isEqualTo(70);
        assertThat(now(sessions.costOrLost("r2", Exchanges.memo(session, ALICE), 500)))
                .isEqualTo(500);
        assertThat(recorded(session)).extracting(Exchange::requestId).containsExactly("r1", "r2");
    }

    @Test
    void aChainStaysInOneSessionAndWithItsCaller() {
        // Given
        var first = now(sessions.name(caller(ALICE), "oare", hints(null, "print")));
        now(sessions.record(Exchanges.answering("resp_1", first, ALICE)));
        // When
        var second = now(sessions.name(caller(ALICE), "oare", hints("resp_1", "another")));
        now(sessions.record(Exchanges.answering("resp_2", second, ALICE)));
        var third = now(sessions.name(caller(ALICE), "oare", hints("resp_2", "a third")));
        var strangers = now(sessions.name(caller(BOB), "oare", hints("resp_1", "print")));
        // Then
        assertThat(List.of(second, third)).containsOnly(first);
        assertThat(strangers).isNotEqualTo(first);
    }

    @Test
    void aRequestThatFollowsAtOnceJoinsTheChainToo() {
        var session = SessionNames.own("oare", ALICE, "at once");
        var responses = new AtomicInteger();

        // The index waits for a quarter of a second only, which a busy machine may need for the record.
        Eventually.await(Duration.ofSeconds(20), () -> {
            var response = "resp_now_" + responses.incrementAndGet();
            var next = sessions.name(caller(ALICE), "oare", hints(response, "print"));
            now(sessions.record(Exchanges.answering(response, session, ALICE)));

            assertThat(now(next)).isEqualTo(session);
        });
    }

    @Test
    void aStrangersExchangeIsKeptApart() {
        var session = SessionNames.own("oacc", ALICE, "apart");
        now(sessions.record(Exchanges.of("r1", session, ALICE, 70L)));

        var strange = Exchanges.of("r2", session, BOB, 70L);
        now(sessions.record(strange));

        assertThat(recorded(session)).extracting(Exchange::login).containsExactly(ALICE);
        assertThat(recorded(SessionNames.apart(strange)))
                .extracting(Exchange::login)
                .containsExactly(BOB);
    }

    @Test
    void recordsAgainAfterTheJournalFailed() {
        var session = SessionNames.own("oacc", ALICE, "fails");
        journal.failNextPersisted(Session.persistenceId(session).id());

        now(sessions.record(Exchanges.of("r1", session, ALICE, 70L)));

        assertThat(recorded(session)).hasSize(1);
    }

    private static List<Exchange> recorded(String session) {
        return journal.persistedInStorage(Session.persistenceId(session).id()).stream()
                .map(event -> ((ExchangeRecorded) event).exchange())
                .toList();
    }

    private static Caller caller(String login) {
        return new Caller(login, login, "", List.of(), List.of(), false, List.of());
    }

    private static SessionHints hints(@Nullable String previous, String fingerprint) {
        return new SessionHints(null, null, previous, fingerprint, null, null, null);
    }

    private static <T> T now(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
    }
}

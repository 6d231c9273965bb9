package dev.sluice.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.identity.Caller;
import dev.sluice.session.Reply.Foreign;
import dev.sluice.session.Reply.Found;
import dev.sluice.session.Reply.Linked;
import dev.sluice.session.Reply.NotFound;
import dev.sluice.session.Reply.Recorded;
import dev.sluice.wire.RequestHead.SessionHints;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** The door, with probes where the entities are. */
class ShardedSessionsTest {
    private static final String ALICE = "alice@example.com";
    private static final String CHAT = "oacc_0123456789abcdef";
    private static final String RESPONSES = "oare_0123456789abcdef";

    private static final ActorTestKit kit = ActorTestKit.create(ManualTime.config());
    private static final ManualTime time = ManualTime.get(kit.system());

    private final TestProbe<ShardingEnvelope<Session.Command>> sessions = kit.createTestProbe();
    private final TestProbe<ShardingEnvelope<ResponseIndex.Command>> indexes = kit.createTestProbe();
    private final AtomicInteger underWay = new AtomicInteger();
    private final ActorRef<Courier.Message> courier = kit.spawn(Courier.create(underWay));
    private final Sessions door = new ShardedSessions(sessions.ref(), indexes.ref(), courier, underWay, new Random(7));

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void namesAConversationByTheClientsOwnIdFirst() {
        var name = door.name(alice(), "oacc", hints("id", "resp_1", "print"));

        assertThat(name).isCompletedWithValue(SessionNames.own("oacc", ALICE, "id"));
    }

    @Test
    void namesAConversationByItsFingerprintWhenItNamesNothing() {
        var name = door.name(alice(), "oacc", hints(null, null, "print"));

        assertThat(name).isCompletedWithValue(SessionNames.fingerprinted("oacc", ALICE, "print"));
    }

    @Test
    void namesEveryRequestAnewWhenThereIsNoFingerprintEither() {
        var first = door.name(alice(), "oacc", hints(null, null, ""));
        var second = door.name(alice(), "oacc", hints("", null, ""));

        assertThat(now(first)).matches("oacc_[0-9a-f]{16}").isNotEqualTo(now(second));
    }

    @Test
    void joinsTheSessionOfThePreviousResponse() {
        // Given
        var name = door.name(alice(), "oare", hints(null, "resp_1", "print"));
        var find = (ResponseIndex.Find) indexes.receiveMessage().message();
        // When
        find.replyTo().tell(new Found(find.errand(), new ResponseLinked("r", RESPONSES, "openai", "gpt-5")));
        // Then
        eventually(name);
        assertThat(name).isCompletedWithValue(RESPONSES);
    }

    @Test
    void knowsWhereAResponseCameFrom() {
        // Given
        var origin = door.origin(alice(), "resp_1");
        var find = (ResponseIndex.Find) indexes.receiveMessage().message();
        // When
        find.replyTo().tell(new Found(find.errand(), new ResponseLinked("r", RESPONSES, "openai", "gpt-5")));
        // Then
        eventually(origin);
        assertThat(origin).isCompletedWithValue(Optional.of(new Sessions.Origin(RESPONSES, "openai", "gpt-5")));
    }

    @Test
    void doesNotKnowWhereAResponseOfTheFirstVersionCameFrom() {
        // Given
        var origin = door.origin(alice(), "resp_1");
        var find = (ResponseIndex.Find) indexes.receiveMessage().message();
        // When
        find.replyTo().tell(new Found(find.errand(), new ResponseLinked("r", RESPONSES, null, null)));
        // Then
        eventually(origin);
        assertThat(origin).isCompletedWithValue(Optional.empty());
    }

    @Test
    void agreesOnASessionForAResponseThatNobodyKnows() {
        // Given
        var name = door.name(alice(), "oare", hints(null, "resp_1", "print"));
        var find = (ResponseIndex.Find) indexes.receiveMessage().message();
        // When
        find.replyTo().tell(new NotFound(find.errand()));
        // Then
        eventually(name);
        assertThat(name).isCompletedWithValue(SessionNames.continuing("oare", ALICE, "resp_1"));
    }

    @Test
    void keepsNobodyWaitingForASilentIndex() {
        // Given
        var name = door.name(alice(), "oare", hints(null, "resp_1", "print"));
        indexes.receiveMessage();
        // When
        time.timePasses(Duration.ofSeconds(2));
        // Then
        eventually(name);
        assertThat(name).isCompletedWithValue(SessionNames.continuing("oare", ALICE, "resp_1"));
        assertThat(underWay).hasValue(0);
    }

    @Test
    void completesWhenTheJournalHoldsTheExchange() {
        // Given
        var done = door.record(Exchanges.of("r1", CHAT, ALICE, 5L));
        var command = received();
        assertThat(done).isNotDone();
        // When
        command.replyTo().tell(new Recorded(command.errand(), 5));
        // Then
        eventually(done);
        assertThat(done).isCompleted();
        assertThat(underWay).hasValue(0);
    }

    @Test
    void sendsAnExchangeAgainUntilItIsRecorded() {
        // Given
        var done = door.record(Exchanges.of("r1", CHAT, ALICE, 5L));
        received();
        // When
        time.timePasses(Duration.ofSeconds(6));
        received();
        time.timePasses(Duration.ofSeconds(11));
        var third = received();
        third.replyTo().tell(new Recorded(third.errand(), 5));
        third.replyTo().tell(new Recorded(third.errand(), 5));
        // Then
        eventually(done);
        time.timePasses(Duration.ofMinutes(10));
        sessions.expectNoMessage(Duration.ZERO);
        assertThat(underWay).hasValue(0);
    }

    @Test
    void recordsAnExchangeApartWhenTheSessionIsSomebodyElses() {
        // Given
        var exchange = Exchanges.of("r1", CHAT, ALICE, 5L);
        var done = door.record(exchange);
        var first = received();
        // When
        first.replyTo().tell(new Foreign(first.errand()));
        // Then
        var envelope = sessions.receiveMessage();
        var second = (Session.Remember) envelope.message();
        assertThat(envelope.entityId()).isEqualTo(SessionNames.apart(exchange)).isNotEqualTo(CHAT);
        assertThat(second.exchange()).isEqualTo(exchange.in(envelope.entityId()));
        second.replyTo().tell(new Recorded(second.errand(), 5));
        eventually(done);
    }

    @Test
    void linksAResponseAndWaitsForBoth() {
        // Given
        var done = door.record(Exchanges.answering("resp_1", RESPONSES, ALICE));
        var link = (ResponseIndex.Link) indexes.receiveMessage().message();
        var command = received();
        // When
        command.replyTo().tell(new Recorded(command.errand(), 5));
        link.replyTo().tell(new Linked(link.errand()));
        // Then
        eventually(done);
        assertThat(link.link().session()).isEqualTo(RESPONSES);
        assertThat(link.link().provider()).isNotNull();
    }

    @Test
    void linksNoAnswersOfFormatsThatDoNotChain() {
        door.record(Exchanges.answering("chatcmpl-1", CHAT, ALICE));

        received();
        indexes.expectNoMessage(Duration.ZERO);
    }

    @Test
    void asksWhatALostRequestCost() {
        // Given
        var cost = door.costOrLost("r1", Exchanges.memo(CHAT, "alice@example.com"), 900);
        var question = (Session.CostOrLost) sessions.receiveMessage().message();
        // When
        question.replyTo().tell(new Recorded(question.errand(), 70));
        // Then
        eventually(cost);
        assertThat(cost).isCompletedWithValue(70L);
        assertThat(question.estimateNanos()).isEqualTo(900);
    }

    @Test
    void refusesWhatItCannotHold() {
        underWay.set(ShardedSessions.MAX_UNDER_WAY);

        var done = door.record(Exchanges.of("r1", CHAT, ALICE, 5L));

        assertThat(done).isCompletedExceptionally();
        sessions.expectNoMessage(Duration.ZERO);
        assertThat(underWay).hasValue(ShardedSessions.MAX_UNDER_WAY);
    }

    @Test
    void failsWhatIsUnderWayWhenTheNodeGoesDown() {
        var done = door.record(Exchanges.of("r1", CHAT, ALICE, 5L));
        received();

        kit.stop(courier);

        eventually(done);
        assertThat(done).isCompletedExceptionally();
    }

    private Session.Remember received() {
        return (Session.Remember) sessions.receiveMessage().message();
    }

    private static Caller alice() {
        return new Caller(ALICE, "Alice", "node-1", List.of(), List.of(), false, List.of());
    }

    private static SessionHints hints(@Nullable String id, @Nullable String previous, String fingerprint) {
        return new SessionHints(id, null, previous, fingerprint, null, null, null);
    }

    private static String now(CompletionStage<String> name) {
        return name.toCompletableFuture().getNow("not yet");
    }

    private void eventually(CompletionStage<?> stage) {
        kit.createTestProbe(Done.class).awaitAssert(() -> {
            assertThat(stage).isDone();
            return Done.getInstance();
        });
    }
}

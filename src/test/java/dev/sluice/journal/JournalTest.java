package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cluster.JsonSerializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.JournalProtocol;
import org.apache.pekko.persistence.Persistence;
import org.apache.pekko.persistence.PersistentEnvelope;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.journal.Tagged;
import org.apache.pekko.testkit.javadsl.TestKit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.jdk.javaapi.CollectionConverters;

/** What Pekko expects of every journal plugin, asked in Pekko's own messages. */
class JournalTest {
    record Said(String word) implements JsonSerializable {}

    record Pointing(ActorRef at) implements JsonSerializable {}

    record NobodyCanWriteThis(Object self) {}

    @TempDir
    private Path directory;

    private ActorSystem system;
    private ActorRef journal;

    @BeforeEach
    void start() {
        // A small page, so that every replay crosses pages.
        system = ActorSystem.create("journal", TestStorage.config(directory, "sluice.journal.page-rows = 3"));
        journal = Persistence.get(system).journalFor("", system.settings().config());
    }

    @AfterEach
    void stop() {
        TestStorage.stop(system);
    }

    private void restart() {
        stop();
        start();
    }

    @Test
    void replaysEverythingInOrder() {
        say("a", 1, 10);

        assertThat(replay("a", 1, Long.MAX_VALUE, Long.MAX_VALUE)).isEqualTo(numbers(1, 10));
    }

    @Test
    void replaysFromALowerBound() {
        say("a", 1, 10);

        assertThat(replay("a", 4, Long.MAX_VALUE, Long.MAX_VALUE)).isEqualTo(numbers(4, 10));
    }

    @Test
    void replaysToAnUpperBound() {
        say("a", 1, 10);

        assertThat(replay("a", 1, 5, Long.MAX_VALUE)).isEqualTo(numbers(1, 5));
    }

    @Test
    void replaysNoMoreThanAsked() {
        say("a", 1, 10);

        assertThat(replay("a", 1, Long.MAX_VALUE, 4)).isEqualTo(numbers(1, 4));
    }

    @Test
    void replaysBetweenBothBoundsNoMoreThanAsked() {
        say("a", 1, 10);

        assertThat(replay("a", 2, 9, 5)).isEqualTo(numbers(2, 6));
    }

    @Test
    void replaysASingleEventWhenTheBoundsMeet() {
        say("a", 1, 10);

        assertThat(replay("a", 7, 7, Long.MAX_VALUE)).isEqualTo(numbers(7, 7));
    }

    @Test
    void replaysNothingWhenNothingIsAsked() {
        say("a", 1, 10);

        assertThat(replay("a", 1, 10, 0)).isEmpty();
    }

    @Test
    void replaysNothingWhenTheBoundsAreCrossed() {
        say("a", 1, 10);

        assertThat(replay("a", 8, 7, Long.MAX_VALUE)).isEmpty();
    }

    @Test
    void replaysNothingOfAnotherEntity() {
        say("a", 1, 3);
        say("b", 1, 2);

        assertThat(replay("b", 1, Long.MAX_VALUE, Long.MAX_VALUE)).isEqualTo(numbers(1, 2));
    }

    @Test
    void replaysAfterARestart() {
        say("a", 1, 10);

        restart();

        assertThat(replay("a", 1, Long.MAX_VALUE, Long.MAX_VALUE)).isEqualTo(numbers(1, 10));
    }

    @Test
    void keepsWhatAnEventSaysAboutItself() {
        var event = PersistentRepr.apply(new Said("hello"), 1, "a", "v7", false, ActorRef.noSender(), "writer-1")
                .withTimestamp(1234567890123L)
                .withMetadata(new Said("beside"));
        write("a", atomic(event));

        var replayed = replayed("a", 1, 1, 1).getFirst();

        assertThat(replayed.payload()).isEqualTo(new Said("hello"));
        assertThat(replayed.manifest()).isEqualTo("v7");
        assertThat(replayed.writerUuid()).isEqualTo("writer-1");
        assertThat(replayed.timestamp()).isEqualTo(1234567890123L);
        assertThat(replayed.metadata().get()).isEqualTo(new Said("beside"));
    }

    @Test
    void keepsWritersApart() {
        write("a", atomic(event("a", 1, "first life")));
        restart();
        write("a", atomic(event("a", 2, "second life")));

        assertThat(replayed("a", 1, 2, 2))
                .extracting(PersistentRepr::writerUuid)
                .containsExactly("first life", "second life");
    }

    @Test
    void keepsActorsInsideEvents() {
        var probe = new TestKit(system);
        write("a", atomic(repr("a", 1, new Pointing(probe.getRef()))));

        assertThat(replayed("a", 1, 1, 1).getFirst().payload()).isEqualTo(new Pointing(probe.getRef()));
    }

    @Test
    void keepsAnEventOfSixHundredKilobytes() {
        var big = new byte[600_000];
        Arrays.fill(big, (byte) 7);
        write("a", atomic(repr("a", 1, big)), atomic(repr("a", 2, new byte[0])));

        var replayed = replayed("a", 1, 2, 2);

        assertThat((byte[]) replayed.get(0).payload()).isEqualTo(big);
        assertThat((byte[]) replayed.get(1).payload()).isEmpty();
    }

    @Test
    void rejectsAnEventThatNobodyCanSerializeAndKeepsItsNeighbours() {
        var probe = send(
                atomic(repr("a", 1, new Said("1"))),
                atomic(repr("a", 2, unwritable())),
                atomic(repr("a", 3, new Said("3"))));

        probe.expectMsgEquals(JournalProtocol.WriteMessagesSuccessful$.MODULE$);
        assertThat(probe.expectMsgClass(JournalProtocol.WriteMessageSuccess.class)
                        .persistent()
                        .sequenceNr())
                .isEqualTo(1);
        assertThat(probe.expectMsgClass(JournalProtocol.WriteMessageRejected.class)
                        .message()
                        .sequenceNr())
                .isEqualTo(2);
        assertThat(probe.expectMsgClass(JournalProtocol.WriteMessageSuccess.class)
                        .persistent()
                        .sequenceNr())
                .isEqualTo(3);
        assertThat(replay("a", 1, 10, 10)).containsExactly(1L, 3L);
    }

    @Test
    void rejectsAllOfAnAtomicWriteOrNothing() {
        var probe = send(atomic(repr("a", 1, new Said("1")), repr("a", 2, unwritable())));

        probe.expectMsgEquals(JournalProtocol.WriteMessagesSuccessful$.MODULE$);
        probe.expectMsgClass(JournalProtocol.WriteMessageRejected.class);
        probe.expectMsgClass(JournalProtocol.WriteMessageRejected.class);
        assertThat(replay("a", 1, 10, 10)).isEmpty();
    }

    @Test
    void failsAllOfAnAtomicWriteWhenOneOfItsEventsIsThereAlready() {
        say("a", 2, 2);

        var probe = send(atomic(repr("a", 1, new Said("1")), repr("a", 2, new Said("again"))));

        probe.expectMsgClass(JournalProtocol.WriteMessagesFailed.class);
        probe.expectMsgClass(JournalProtocol.WriteMessageFailure.class);
        probe.expectMsgClass(JournalProtocol.WriteMessageFailure.class);
        assertThat(replay("a", 1, 10, 10)).containsExactly(2L);
    }

    @Test
    void deletesForGood() {
        say("a", 1, 10);

        delete("a", 6);
        restart();

        assertThat(replay("a", 1, Long.MAX_VALUE, Long.MAX_VALUE)).isEqualTo(numbers(7, 10));
    }

    @Test
    void deletesMoreThanItRemovesAtOnce() {
        IntStream.range(0, 25).forEach(i -> say("a", 1 + i * 100, 100 + i * 100));

        delete("a", 2499);

        assertThat(replay("a", 1, Long.MAX_VALUE, Long.MAX_VALUE)).containsExactly(2500L);
        assertThat(count("event")).isEqualTo(1);
        assertThat(count("event_tag")).isEqualTo(1);
    }

    @Test
    void remembersTheHighestSequenceNumberOfADeletedEntity() {
        say("a", 1, 10);

        delete("a", Long.MAX_VALUE);
        restart();

        assertThat(highest("a")).isEqualTo(10);
        assertThat(replay("a", 1, Long.MAX_VALUE, Long.MAX_VALUE)).isEmpty();
    }

    @Test
    void goesOnCountingAfterADeletion() {
        say("a", 1, 3);
        delete("a", 3);
        say("a", 4, 5);

        assertThat(highest("a")).isEqualTo(5);
        assertThat(replay("a", 1, Long.MAX_VALUE, Long.MAX_VALUE)).isEqualTo(numbers(4, 5));
    }

    @Test
    void hasNoHighestSequenceNumberForAnEntityItNeverSaw() {
        assertThat(highest("nobody")).isZero();
    }

    @Test
    void recoversPastTheWritesUnderWay() {
        var writer = new TestKit(system);
        for (var seq = 1; seq <= 500; seq++) {
            journal.tell(message(writer.getRef(), atomic(repr("a", seq, new Said("x")))), writer.getRef());
        }

        assertThat(highest("a")).isEqualTo(500);
    }

    @Test
    void takesManyWritersAtOnce() {
        var probes = IntStream.range(0, 50).mapToObj(_ -> new TestKit(system)).toList();
        for (var seq = 1L; seq <= 40; seq++) {
            for (var i = 0; i < probes.size(); i++) {
                var probe = probes.get(i).getRef();
                journal.tell(message(probe, atomic(repr("writer-" + i, seq, new Said("x")))), probe);
            }
        }

        for (var i = 0; i < probes.size(); i++) {
            probes.get(i).receiveN(80, TestStorage.PATIENCE);
            assertThat(replay("writer-" + i, 1, Long.MAX_VALUE, Long.MAX_VALUE)).isEqualTo(numbers(1, 40));
        }
    }

    @Test
    void failsAloneWhenItsGroupIsFine() {
        say("a", 1, 1);
        var good = new TestKit(system);
        var bad = new TestKit(system);
        for (var i = 0; i < 20; i++) {
            journal.tell(message(good.getRef(), atomic(repr("good-" + i, 1, new Said("x")))), good.getRef());
            journal.tell(message(bad.getRef(), atomic(repr("a", 1, new Said("again")))), bad.getRef());
        }

        assertThat(good.receiveN(40, TestStorage.PATIENCE))
                .filteredOn(JournalProtocol.WriteMessageSuccess.class::isInstance)
                .hasSize(20);
        assertThat(bad.receiveN(40, TestStorage.PATIENCE))
                .filteredOn(JournalProtocol.WriteMessageFailure.class::isInstance)
                .hasSize(20);
        for (var i = 0; i < 20; i++) {
            assertThat(replay("good-" + i, 1, 1, 1)).hasSize(1);
        }
    }

    private static NobodyCanWriteThis unwritable() {
        return new NobodyCanWriteThis(new Object());
    }

    private void say(String entity, long from, long to) {
        write(
                entity,
                LongStream.rangeClosed(from, to)
                        .mapToObj(seq -> atomic(repr(entity, seq, new Tagged(new Said("word " + seq), Set.of("said")))))
                        .toArray(AtomicWrite[]::new));
    }

    private void write(String entity, AtomicWrite... writes) {
        var probe = send(writes);
        probe.expectMsgEquals(TestStorage.PATIENCE, JournalProtocol.WriteMessagesSuccessful$.MODULE$);
        for (var write : writes) {
            assertThat(write.persistenceId()).isEqualTo(entity);
            for (var i = 0; i < write.size(); i++) {
                probe.expectMsgClass(JournalProtocol.WriteMessageSuccess.class);
            }
        }
    }

    private TestKit send(AtomicWrite... writes) {
        var probe = new TestKit(system);
        journal.tell(message(probe.getRef(), writes), probe.getRef());
        return probe;
    }

    private static JournalProtocol.WriteMessages message(ActorRef from, AtomicWrite... writes) {
        return new JournalProtocol.WriteMessages(
                CollectionConverters.asScala(List.<PersistentEnvelope>of(writes))
                        .toSeq(),
                from,
                1);
    }

    private static AtomicWrite atomic(PersistentRepr... events) {
        return AtomicWrite.apply(CollectionConverters.asScala(List.of(events)).toSeq());
    }

    private static PersistentRepr repr(String entity, long seq, Object payload) {
        return PersistentRepr.apply(payload, seq, entity, "", false, ActorRef.noSender(), "writer of " + entity);
    }

    private static PersistentRepr event(String entity, long seq, String writer) {
        return PersistentRepr.apply(new Said("x"), seq, entity, "", false, ActorRef.noSender(), writer);
    }

    private List<Long> replay(String entity, long from, long to, long max) {
        return replayed(entity, from, to, max).stream()
                .map(PersistentRepr::sequenceNr)
                .toList();
    }

    private List<PersistentRepr> replayed(String entity, long from, long to, long max) {
        var probe = new TestKit(system);
        journal.tell(new JournalProtocol.ReplayMessages(from, to, max, entity, probe.getRef()), probe.getRef());
        var events = new ArrayList<PersistentRepr>();
        while (true) {
            var message = probe.expectMsgAnyClassOf(
                    TestStorage.PATIENCE, JournalProtocol.ReplayedMessage.class, JournalProtocol.RecoverySuccess.class);
            if (!(message instanceof JournalProtocol.ReplayedMessage replayed)) {
                return events;
            }
            events.add(replayed.persistent());
        }
    }

    private long highest(String entity) {
        var probe = new TestKit(system);
        journal.tell(new JournalProtocol.ReplayMessages(0, Long.MAX_VALUE, 0, entity, probe.getRef()), probe.getRef());
        return probe.expectMsgClass(TestStorage.PATIENCE, JournalProtocol.RecoverySuccess.class)
                .highestSequenceNr();
    }

    private void delete(String entity, long to) {
        var probe = new TestKit(system);
        journal.tell(new JournalProtocol.DeleteMessagesTo(entity, to, probe.getRef()), probe.getRef());
        probe.expectMsgClass(TestStorage.PATIENCE, org.apache.pekko.persistence.DeleteMessagesSuccess.class);
    }

    private long count(String table) {
        return TestStorage.await(SqliteStore.get(system)
                .read(connection -> SqliteFile.number(connection, "SELECT count(*) FROM " + table)));
    }

    private static List<Long> numbers(long from, long to) {
        return LongStream.rangeClosed(from, to).boxed().toList();
    }
}

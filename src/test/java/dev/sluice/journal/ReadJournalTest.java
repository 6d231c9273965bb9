package dev.sluice.journal;

import static dev.sluice.journal.TestStorage.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.persistence.query.Sequence;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Entities above, queries beside: what was tagged comes out in order, from any offset, now and live. */
class ReadJournalTest {
    @TempDir
    private Path directory;

    private ActorTestKit kit;
    private SqliteReadJournal journal;

    @BeforeEach
    void start() {
        kit = ActorTestKit.create("queries", TestStorage.config(directory, "sluice.journal.page-rows = 3"));
        journal = PersistenceQuery.get(kit.system())
                .getReadJournalFor(SqliteReadJournal.class, SqliteReadJournal.IDENTIFIER);
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    private void restart() {
        stop();
        start();
    }

    @Test
    void findsTaggedEventsOfAllEntitiesInTheOrderOfTheirCommit() {
        note(diary("a"), "1");
        note(diary("b"), "2");
        note(diary("c"), "secret");
        note(diary("d"), "3");

        var events = current(Offset.noOffset());

        assertThat(events).extracting(ReadJournalTest::line).containsExactly("1", "2", "3");
        assertThat(events).extracting(EventEnvelope::persistenceId).containsExactly("a", "b", "d");
        assertThat(events).isSortedAccordingTo((one, other) -> Long.compare(offset(one), offset(other)));
    }

    @Test
    void goesOnAfterAnOffsetAcrossARestart() {
        var diary = diary("a");
        IntStream.rangeClosed(1, 20).forEach(i -> note(diary, "" + i));
        var seventh = current(Offset.noOffset()).get(6);

        restart();

        assertThat(current(seventh.offset()))
                .extracting(ReadJournalTest::line)
                .isEqualTo(IntStream.rangeClosed(8, 20).mapToObj(i -> "" + i).toList());
    }

    @Test
    void knowsNothingOfATagNobodyUsed() {
        note(diary("a"), "1");

        assertThat(await(journal.currentEventsByTag("unused", Offset.noOffset()).runWith(Sink.seq(), kit.system())))
                .isEmpty();
    }

    @Test
    void staysOpenAndSeesWhatComesLater() {
        var probe = kit.<String>createTestProbe();
        follow(journal.eventsByTag(Diary.TAG, Offset.noOffset()).map(ReadJournalTest::line), probe);
        var diary = diary("a");

        for (var i = 1; i <= 10; i++) {
            note(diary, "" + i);
            note(diary, "secret " + i);
            assertThat(probe.receiveMessage(TestStorage.PATIENCE)).isEqualTo("" + i);
        }
    }

    @Test
    void missesNothingWhileManyWrite() {
        var probe = kit.<String>createTestProbe();
        follow(journal.eventsByTag(Diary.TAG, Offset.noOffset()).map(EventEnvelope::persistenceId), probe);

        var ids = IntStream.range(0, 200).mapToObj(i -> "diary-" + i).toList();
        var ignored = kit.<Done>createTestProbe();
        ids.forEach(id -> diary(id).tell(new Diary.Note("x", ignored.getRef())));

        assertThat(probe.receiveSeveralMessages(200, TestStorage.PATIENCE)).containsExactlyInAnyOrderElementsOf(ids);
        probe.expectNoMessage(Duration.ofMillis(100));
    }

    @Test
    void tellsLiveWhatTheFileTells() {
        var probe = kit.<EventEnvelope>createTestProbe();
        follow(journal.eventsByTag(Diary.TAG, Offset.noOffset()), probe);
        var diaries = List.of(diary("a"), diary("b"));

        IntStream.range(0, 40).forEach(i -> note(diaries.get(i % 2), (i % 5 == 4 ? "secret " : "") + i));
        var live = probe.receiveSeveralMessages(32, TestStorage.PATIENCE);
        restart();

        assertThat(live).isEqualTo(current(Offset.noOffset()));
    }

    @Test
    void findsAnEntitysLastEvents() {
        var diary = diary("a");
        IntStream.rangeClosed(1, 8).forEach(i -> note(diary, "" + i));
        note(diary("b"), "another's");
        var sixth = offset(current(Offset.noOffset()).get(5));

        var last = await(journal.lastEvents("a", sixth, 3));

        assertThat(last).containsExactly(new Diary.Noted("6"), new Diary.Noted("5"), new Diary.Noted("4"));
    }

    @Test
    void givesNoOrderingTwiceThoughTheLastEventsAreDeleted() {
        note(diary("a"), "1");
        var first = current(Offset.noOffset()).getFirst();
        await(SqliteStore.get(kit.system()).write(connection -> {
            var events = SqliteStore.get(kit.system()).events();
            return events.deleteSome(connection, "a", events.markDeleted(connection, "a", 9), 10);
        }));
        restart();

        note(diary("b"), "2");

        assertThat(current(first.offset())).extracting(ReadJournalTest::line).containsExactly("2");
    }

    @Test
    void listsTheEntitiesThereAreAndThoseThatCome() {
        note(diary("a"), "1");
        note(diary("b"), "1");
        var probe = kit.<String>createTestProbe();

        assertThat(await(journal.currentPersistenceIds().runWith(Sink.seq(), kit.system())))
                .containsExactly("a", "b");

        follow(journal.persistenceIds(), probe);
        probe.receiveSeveralMessages(2, TestStorage.PATIENCE);
        note(diary("c"), "1");
        assertThat(probe.receiveMessage(TestStorage.PATIENCE)).isEqualTo("c");
    }

    @Test
    void speaksScalaToo() {
        note(diary("a"), "1");
        var scala = (org.apache.pekko.persistence.query.scaladsl.CurrentEventsByTagQuery) new SqliteReadJournalProvider(
                        (org.apache.pekko.actor.ExtendedActorSystem)
                                kit.system().classicSystem(),
                        kit.system().settings().config().getConfig(SqliteReadJournal.IDENTIFIER))
                .scaladslReadJournal();

        var events = await(
                scala.currentEventsByTag(Diary.TAG, Offset.noOffset()).asJava().runWith(Sink.seq(), kit.system()));

        assertThat(events).extracting(ReadJournalTest::line).containsExactly("1");
    }

    @Test
    void refusesAnOffsetOfAnotherKind() {
        assertThatThrownBy(() -> journal.eventsByTag(Diary.TAG, Offset.timeBasedUUID(new UUID(0x1000L, 0))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Offset.sequence");
    }

    @Test
    void bringsAnEntityBackFromSnapshotAndEvents() {
        var diary = diary("a");
        IntStream.rangeClosed(1, 37).forEach(i -> note(diary, "" + i));

        restart();

        assertThat(read(diary("a"))).isEqualTo(new Diary.Lines(37, "37"));
    }

    private ActorRef<Diary.Command> diary(String id) {
        return kit.spawn(Diary.create(id));
    }

    private void note(ActorRef<Diary.Command> diary, String line) {
        await(AskPattern.<Diary.Command, Done>ask(
                diary,
                replyTo -> new Diary.Note(line, replyTo),
                TestStorage.PATIENCE,
                kit.system().scheduler()));
    }

    private Diary.Lines read(ActorRef<Diary.Command> diary) {
        return await(AskPattern.<Diary.Command, Diary.Lines>ask(
                diary, Diary.Read::new, TestStorage.PATIENCE, kit.system().scheduler()));
    }

    private List<EventEnvelope> current(Offset offset) {
        return await(journal.currentEventsByTag(Diary.TAG, offset).runWith(Sink.seq(), kit.system()));
    }

    private <T> void follow(Source<T, ?> source, TestProbe<T> probe) {
        source.runForeach(probe.getRef()::tell, kit.system());
    }

    private static String line(EventEnvelope envelope) {
        return ((Diary.Noted) envelope.event()).line();
    }

    private static long offset(EventEnvelope envelope) {
        return ((Sequence) envelope.offset()).value();
    }
}

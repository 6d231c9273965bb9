package dev.sluice.audit;

import static dev.sluice.audit.Entries.NOON;
import static dev.sluice.audit.Entries.action;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.audit.Audit.Outcome;
import dev.sluice.audit.AuditEvent.Begun;
import dev.sluice.audit.AuditEvent.Ended;
import dev.sluice.audit.AuditLog.Answer;
import dev.sluice.audit.AuditLog.Begin;
import dev.sluice.audit.AuditLog.Command;
import dev.sluice.audit.AuditLog.End;
import dev.sluice.audit.AuditLog.Look;
import dev.sluice.audit.AuditLog.Seen;
import dev.sluice.audit.AuditLog.Written;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.SerializerWithStringManifest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AuditLogTest {
    private static final ActorTestKit kit =
            ActorTestKit.create(EventSourcedBehaviorTestKit.config().withFallback(Entries.config()));

    private final EventSourcedBehaviorTestKit<Command, AuditEvent, AuditState> log =
            EventSourcedBehaviorTestKit.create(kit.system(), AuditLog.create());

    @AfterEach
    void forget() {
        log.clear();
    }

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void writesWhatBeginsAndHowItEnds() {
        var ended = Ended.of(action("a"), 200, Map.of("bucket", "pool"));

        var begun = log.<Answer>runCommand(replyTo -> new Begin(action("a"), replyTo));
        var end = log.<Answer>runCommand(replyTo -> new End(ended, replyTo));

        assertThat(begun.event()).isEqualTo(new Begun(action("a")));
        assertThat(begun.state().open()).containsExactly(action("a"));
        assertThat(end.event()).isEqualTo(ended);
        assertThat(end.reply()).isEqualTo(new Written());
        assertThat(end.state().open()).isEmpty();
    }

    @Test
    void remembersAcrossARestartWhatHasNotEnded() {
        begin(action("a"));
        begin(action("b"));
        end("a");

        log.restart();

        assertThat(look()).isEqualTo(new Seen(3, Set.of("b")));
    }

    @Test
    void writesABeginningOnce() {
        begin(action("a"));

        var again = log.<Answer>runCommand(replyTo -> new Begin(action("a"), replyTo));

        assertThat(again.hasNoEvents()).isTrue();
        assertThat(again.reply()).isEqualTo(new Written());
    }

    @Test
    void endsAsUnknownWhatNobodyEndedInTime() {
        begin(action("a"));

        var later = log.<Answer>runCommand(replyTo ->
                new Begin(action("b", NOON.plus(AuditState.LONGEST).plusSeconds(1)), replyTo));

        assertThat(later.events()).hasSize(2).first().isEqualTo(Ended.unknown(action("a")));
        assertThat(later.state().open()).extracting(Action::id).containsExactly("b");
    }

    @Test
    void writesAnEndThatComesLate() {
        begin(action("a"));
        begin(action("b", NOON.plus(AuditState.LONGEST.multipliedBy(2))));

        assertThat(log.<Answer>runCommand(replyTo -> new End(Ended.of(action("a"), 200, Map.of()), replyTo))
                        .event())
                .isEqualTo(Ended.of(action("a"), 200, Map.of()));
        assertThat(log.getState().open()).extracting(Action::id).containsExactly("b");
    }

    @Test
    void theOldestMakesWayWhenTooMuchIsOpen() {
        var state = new AuditState(IntStream.range(0, AuditState.OPEN_MAX)
                .mapToObj(i -> action("a" + i))
                .toList());

        assertThat(state.abandoned(NOON)).containsExactly(action("a0"));
        assertThat(state.apply(new Begun(action("b"))).abandoned(NOON)).hasSize(2);
        assertThat(state.abandoned(NOON.plus(Duration.ofDays(1)))).hasSize(AuditState.OPEN_MAX);
    }

    @Test
    void tellsOutcomesByStatus() {
        assertThat(IntStream.of(200, 204, 302, 400, 404, 500, 503)
                        .mapToObj(status ->
                                Ended.of(action("a"), status, Map.of()).outcome()))
                .containsExactly(
                        Outcome.DONE,
                        Outcome.DONE,
                        Outcome.DONE,
                        Outcome.REFUSED,
                        Outcome.REFUSED,
                        Outcome.FAILED,
                        Outcome.FAILED);
    }

    @Test
    void serializesWhatItHearsAndSays() {
        var person = kit.<Answer>createTestProbe();
        List.of(
                        new Begin(action("a"), person.ref()),
                        new End(Ended.of(action("a"), 200, Map.of("k", "v")), person.ref()),
                        new Look(person.ref()),
                        new AuditLog.Stop(),
                        new Written(),
                        new AuditLog.NotWritten("why"),
                        new Seen(7, Set.of("a")))
                .forEach(message -> kit.serializationTestKit().verifySerialization(message, true));
    }

    record Golden(String file, Object value) {}

    static Stream<Golden> golden() {
        return Stream.of(
                new Golden("begun", new Begun(action("0123456789abcdef"))),
                new Golden("ended", Ended.of(action("0123456789abcdef"), 200, Map.of("bucket", "daily:alice"))),
                new Golden("ended.unknown", Ended.unknown(action("0123456789abcdef"))),
                new Golden("snapshot", new AuditState(List.of(action("0123456789abcdef")))));
    }

    /** What lies in journals out there stays readable; and what is written today is what is in the files. */
    @ParameterizedTest
    @MethodSource("golden")
    void readsAndWritesWhatLiesInTheJournal(Golden golden) throws IOException {
        var serialization = SerializationExtension.get(kit.system());
        var type = golden.value().getClass();
        var serializer = (SerializerWithStringManifest) serialization.serializerFor(type);
        var file = file(golden.file());

        assertThat(serializer.fromBinary(file.getBytes(StandardCharsets.UTF_8), type.getName()))
                .isEqualTo(golden.value());
        assertThat(new String(serialization.serialize(golden.value()).get(), StandardCharsets.UTF_8))
                .isEqualTo(file);
    }

    private static String file(String name) throws IOException {
        try (var in = Objects.requireNonNull(
                AuditLogTest.class.getResourceAsStream("/journal/audit/" + name + ".json"), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
        }
    }

    private void begin(Action action) {
        log.<Answer>runCommand(replyTo -> new Begin(action, replyTo));
    }

    private void end(String id) {
        log.<Answer>runCommand(replyTo -> new End(Ended.of(action(id), 200, Map.of()), replyTo));
    }

    private Answer look() {
        return log.<Answer>runCommand(Look::new).reply();
    }
}

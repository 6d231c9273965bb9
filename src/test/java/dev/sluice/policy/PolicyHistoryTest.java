package dev.sluice.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.sluice.policy.Policies.Version;
import dev.sluice.policy.PolicyHistory.After;
import dev.sluice.policy.PolicyHistory.Command;
import dev.sluice.policy.PolicyHistory.Event;
import dev.sluice.policy.PolicyHistory.Newest;
import dev.sluice.policy.PolicyHistory.NothingNewer;
import dev.sluice.policy.PolicyHistory.Open;
import dev.sluice.policy.PolicyHistory.Outdated;
import dev.sluice.policy.PolicyHistory.Reply;
import dev.sluice.policy.PolicyHistory.Save;
import dev.sluice.policy.PolicyHistory.Wrote;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.SerializerWithStringManifest;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class PolicyHistoryTest {
    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");
    private static final ActorTestKit testKit =
            ActorTestKit.create(ConfigFactory.parseString("""
                    pekko.loglevel = WARNING
                    pekko.actor.serialization-bindings {
                      "dev.sluice.cluster.CborSerializable" = jackson-cbor
                      "dev.sluice.cluster.JsonSerializable" = jackson-json
                    }
                    """).withFallback(EventSourcedBehaviorTestKit.config()));

    private final EventSourcedBehaviorTestKit<Command, Event, HistoryState> history =
            EventSourcedBehaviorTestKit.create(testKit.system(), PolicyHistory.create(InstantSource.fixed(NOON)));

    @AfterAll
    static void stop() {
        testKit.shutdownTestKit();
    }

    @Test
    void beginsWithTheFile() {
        assertThat(open("one")).isEqualTo(new Newest(version(1, "one", Policies.FILE, null), "one", true));
    }

    @Test
    void countsAFileThatWasReadBeforeAsNoVersion() {
        open("one");

        assertThat(open("one").version().number()).isEqualTo(1);
    }

    @Test
    void takesAFileThatWasChangedWhileNobodyWatched() {
        open("one");
        save("two", null);
        written(2);

        assertThat(open("three")).isEqualTo(new Newest(version(3, "three", Policies.FILE, null), "three", true));
    }

    @Test
    void takesAnOlderTextThatCameBackOnceTheFileHadTheNewerOne() {
        open("one");
        save("two", null);
        written(2);

        assertThat(open("one").version().number()).isEqualTo(3);
    }

    @Test
    void aNodeOfSeveralThatComesBackBringsNothingBack() {
        open("one");
        save("two", null);
        written(2);

        assertThat(((Newest) ask(replyTo -> new Open("one", true, replyTo))).text())
                .isEqualTo("two");
        assertThat(((Newest) ask(replyTo -> new Open("three", true, replyTo))).text())
                .isEqualTo("three");
    }

    @Test
    void holdsAVersionThatTheFileNeverGotAgainstTheOneBefore() {
        open("one");
        save("two", null);

        assertThat(open("one")).isEqualTo(new Newest(version(2, "two", "ann", null), "two", false));
        assertThat(history.restart().state().number()).isEqualTo(2);
    }

    @Test
    void holdsSeveralVersionsThatTheFileNeverGot() {
        open("one");
        save("two", null);
        save("three", null);

        assertThat(open("one").text()).isEqualTo("three");
        assertThat(open("two").text()).isEqualTo("three");
        assertThat(history.restart().state().number()).isEqualTo(3);
    }

    @Test
    void takesAFileThatWasChangedThoughItNeverGotTheLastVersion() {
        open("one");
        save("two", null);

        assertThat(open("three").text()).isEqualTo("three");
    }

    @Test
    void learnsFromTheFileThatItWasWritten() {
        open("one");
        save("two", null);

        assertThat(open("two").written()).isTrue();
        assertThat(history.restart().state().written()).isTrue();
    }

    @Test
    void refusesAChangeOfAVersionThatIsNotTheNewest() {
        open("one");
        save("two", Version.hash("one"));

        assertThat(save("three", Version.hash("one"))).isEqualTo(new Outdated(version(2, "two", "ann", null)));
        assertThat(history.getState().text()).isEqualTo("two");
    }

    @Test
    void countsASavedTextThatChangesNothingAsNoVersion() {
        open("one");

        assertThat(((Newest) save("one", null)).version().number()).isEqualTo(1);
    }

    @Test
    void tellsWhatIsNewer() {
        open("one");
        save("two", null);

        assertThat(ask(replyTo -> new After(1, replyTo))).isInstanceOf(Newest.class);
        assertThat(ask(replyTo -> new After(2, replyTo))).isEqualTo(new NothingNewer());
    }

    @Test
    void listsAThousandVersionsAndCountsOn() {
        open("0");
        IntStream.rangeClosed(1, HistoryState.LISTED).forEach(i -> save("" + i, null));

        var state = history.restart().state();

        assertThat(state.versions()).hasSize(HistoryState.LISTED);
        assertThat(state.number()).isEqualTo(HistoryState.LISTED + 1L);
    }

    @Test
    void printsNoText() {
        open("S3CRET");

        assertThat(history.getState().toString()).doesNotContain("S3CRET");
        assertThat(new PolicySaved(1, "S3CRET", "ann", NOON, null).toString()).doesNotContain("S3CRET");
        assertThat(new Newest(version(1, "x", "ann", null), "S3CRET", true).toString())
                .doesNotContain("S3CRET");
    }

    @Test
    void readsAndWritesWhatLiesInTheJournal() throws IOException {
        assertGolden("saved", new PolicySaved(3, "{} // a policy\n", "ann@example.com", NOON, null));
        assertGolden("rolled-back", new PolicySaved(4, "{}\n", "ann@example.com", NOON, 1L));
        assertGolden("written", new PolicyWritten(4));
        assertGolden("snapshot", new HistoryState(List.of(version(1, "{}", Policies.FILE, null)), "{}", 1));
    }

    private static void assertGolden(String name, Object value) throws IOException {
        var serialization = SerializationExtension.get(testKit.system());
        var serializer = (SerializerWithStringManifest) serialization.findSerializerFor(value);
        var golden = golden(name);

        assertThat(new String(serializer.toBinary(value), StandardCharsets.UTF_8))
                .isEqualTo(golden);
        assertThat(serializer.fromBinary(golden.getBytes(StandardCharsets.UTF_8), serializer.manifest(value)))
                .isEqualTo(value);
    }

    private static String golden(String name) throws IOException {
        var path = "/journal/policy/" + name + ".json";
        try (var stream = Objects.requireNonNull(PolicyHistoryTest.class.getResourceAsStream(path), path)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8).strip();
        }
    }

    private static Version version(long number, String text, String by, @Nullable Long restored) {
        return new Version(number, Version.hash(text), by, NOON, restored);
    }

    private Newest open(String text) {
        return (Newest) ask(replyTo -> new Open(text, false, replyTo));
    }

    private Reply save(String text, @Nullable String over) {
        return ask(replyTo -> new Save(text, over, "ann", null, replyTo));
    }

    private void written(long number) {
        ask(replyTo -> new Wrote(number, replyTo));
    }

    private Reply ask(java.util.function.Function<org.apache.pekko.actor.typed.ActorRef<Reply>, Command> command) {
        return history.runCommand(command).reply();
    }
}

package dev.sluice.capture;

import static dev.sluice.journal.TestStorage.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.capture.Capture.Form;
import dev.sluice.capture.Captures.Headed;
import dev.sluice.capture.Captures.Kept;
import dev.sluice.config.DatabaseRule;
import dev.sluice.config.DatabaseRule.FilterableHeader;
import dev.sluice.config.DatabaseRule.Purge;
import dev.sluice.journal.TestStorage;
import dev.sluice.testing.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Captures on a real file. */
class CapturesTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final DatabaseRule FOR_EVER = DatabaseRule.USUAL;
    private static final DatabaseRule NEVER = kept(Duration.ZERO, Set.of(Purge.CAPTURES), false);

    @TempDir
    private Path directory;

    private final Transcripts transcripts = new Transcripts(1L << 30);
    private volatile Instant now = Talk.NOON;
    private volatile DatabaseRule rule = FOR_EVER;
    private ActorTestKit kit;
    private Captures captures;

    @BeforeEach
    void start() {
        start(64 << 20);
    }

    private void start(long queueBytes) {
        kit = ActorTestKit.create("captures", TestStorage.config(directory));
        captures = Captures.start(kit.system(), queueBytes, () -> rule, () -> now);
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    private static DatabaseRule kept(@Nullable Duration retention, Set<Purge> purge, boolean requireExport) {
        return new DatabaseRule(retention, requireExport, purge, List.of(), false, false);
    }

    private CompletionStage<Done> keep(String requestId, String session, String login, Transcript transcript) {
        return captures.keep(
                Talk.exchange(requestId, session, login, now, transcript.request().length),
                transcript,
                Talk.tools(),
                rule);
    }

    private void turn(String requestId, String session, String login, Talk talk) {
        var request = talk.user(400).request();
        await(keep(requestId, session, login, Talk.transcript(transcripts, Talk.head(), request, talk.answer(400))));
    }

    private static Capture.Said said(Capture capture) {
        return Objects.requireNonNull(capture.said());
    }

    private Capture find(String requestId) {
        return await(captures.find(requestId)).orElseThrow();
    }

    @Test
    void keepsAllThatWasSaid() throws IOException {
        var talk = new Talk(1, 2_000);
        var request = talk.user(400).request();
        var head = Talk.head("x-api-key", "sk-secret", "x-session-id", "s1");
        await(keep("r1", "s", "ann", Talk.transcript(transcripts, head, request, talk.answer(400))));

        var capture = find("r1");
        assertThat(capture.session()).isEqualTo("s");
        assertThat(capture.login()).isEqualTo("ann");
        assertThat(capture.tools()).isEqualTo(Talk.tools());
        assertThat(said(capture).request().body()).isEqualTo(request);
        assertThat(said(capture).request().method()).isEqualTo("POST");
        assertThat(said(capture).request().path()).isEqualTo("/v1/messages");
        assertThat(said(capture).request().headers())
                .contains(
                        new HeaderLine("content-type", "application/json"),
                        new HeaderLine("x-api-key", "***"),
                        new HeaderLine("x-session-id", "s1"));
        assertThat(said(capture).answer().status()).isEqualTo(200);
        assertThat(said(capture).answer().headers())
                .contains(
                        new HeaderLine("content-type", "text/event-stream"),
                        new HeaderLine("anthropic-ratelimit-tokens-remaining", "1234"));
        assertThat(said(capture).answer().form()).isEqualTo(Form.OBJECT);
        var answer = JSON.readTree(said(capture).answer().body());
        // The model's words, as the client will send them with the next turn.
        assertThat(new String(talk.request(), UTF_8))
                .contains(JSON.writeValueAsString(answer.at("/content/0/text").asText()));
        assertThat(await(captures.find("r2"))).isEmpty();
    }

    @Test
    void keepsAnAnswerThatNobodyCanRead() {
        var transcript = transcripts.begin(Talk.head(), "{}".getBytes(UTF_8));
        Talk.answer(transcript, "no events\n".getBytes(UTF_8));
        await(keep("r1", "s", "ann", transcript));
        var sound = Talk.document(transcripts, Talk.head(), new byte[0], "\u0001\u0002\u0003");
        await(keep("r2", "s", "ann", sound));

        assertThat(said(find("r1")).answer().form()).isIn(Form.PLAIN, Form.OBJECT);
        assertThat(said(find("r2")).answer().form()).isEqualTo(Form.PLAIN);
        assertThat(said(find("r2")).answer().body()).containsExactly(1, 2, 3);
        assertThat(said(find("r2")).request().body()).isEmpty();
    }

    @Test
    void leavesOutWhatOnlyTheProviderCanRead() {
        var answer = "{\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"c2lnbmVk\"},"
                + "{\"type\":\"redacted_thinking\",\"data\":\"Y2lwaGVy\"},"
                + "{\"type\":\"tool_use\",\"input\":{\"signature\":\"the tool's own\"}}],"
                + "\"output\":[{\"type\":\"reasoning\",\"encrypted_content\":\"bW9yZQ\"}],\"score\":1.10}";
        await(keep("r1", "s", "ann", Talk.document(transcripts, Talk.head(), new byte[0], answer)));
        rule = new DatabaseRule(null, false, Set.of(), List.of(), true, true);
        await(keep("r2", "s", "ann", Talk.document(transcripts, Talk.head(), new byte[0], answer)));

        assertThat(new String(said(find("r1")).answer().body(), UTF_8))
                .doesNotContain("c2lnbmVk", "Y2lwaGVy", "bW9yZQ")
                .contains("hm", "the tool's own", "1.10");
        assertThat(said(find("r1")).answer().raw()).isNull();
        assertThat(said(find("r2")).answer().body()).asString(UTF_8).isEqualTo(answer);
        assertThat(said(find("r2")).answer().raw()).asString(UTF_8).isEqualTo(answer);
    }

    /** The demand: less than three hundredths of what passed. */
    @Test
    @SuppressWarnings("SystemOut") // The figure is what one wants to know.
    void aLongSessionTakesLittle() throws IOException {
        var talk = new Talk(7, 40_000);
        var raw = 0L;
        var last = new byte[0];
        for (var turn = 0; turn < 100; turn++) {
            last = talk.user(1_200).request();
            var answer = talk.answer(1_400);
            raw += last.length + answer.length;
            var transcript = Talk.transcript(transcripts, Talk.head("x-request-id", "req-" + turn), last, answer);
            await(keep("request-0000000000-" + turn, "anme_0123456789abcdef", "ann@example.com", transcript));
        }
        assertThat(last.length).isGreaterThan(295_000);
        assertThat(said(find("request-0000000000-99")).request().body()).isEqualTo(last);

        stop();
        var stored = Files.size(directory.resolve("captures.db"));
        System.out.printf(
                "100 turns up to %,d bytes: %,d bytes passed, %,d stored: %.2f %%%n",
                last.length, raw, stored, 100.0 * stored / raw);
        assertThat(stored).isLessThan(raw * 3 / 100);
        start();
        assertThat(said(find("request-0000000000-99")).request().body()).isEqualTo(last);
    }

    @Test
    void nothingIsEverWrittenWhenNothingIsKept() throws IOException {
        rule = NEVER;
        var before = Files.size(directory.resolve("captures.db"));
        var talk = new Talk(1, 40_000);
        var request = talk.user(400).request();
        var transcript = transcripts.begin(Talk.head(), request);
        captures.begin("s", "ann", transcript, rule);
        Talk.answer(transcript, talk.answer(400));
        await(keep("r1", "s", "ann", transcript));

        assertThat(await(captures.find("r1"))).isEmpty();
        assertThat(captures.counts().queuedBytes()).isZero();
        stop();
        assertThat(Files.size(directory.resolve("captures.db"))).isEqualTo(before);
        start();
    }

    /** A stream that goes on for minutes does not hold its prompt. */
    @Test
    void aLargeRequestIsLetGoOfOnceItIsWritten() {
        var talk = new Talk(1, 300_000);
        var request = talk.user(400).request();
        var transcript = transcripts.begin(Talk.head(), request);
        captures.begin("s", "ann", transcript, rule);
        assertThat(transcripts.held()).isEqualTo(request.length);
        transcript.onlyCaptured();

        Eventually.await(SOON, () -> assertThat(transcripts.held()).isZero());
        assertThat(await(captures.find("r1"))).as("half a capture").isEmpty();
        Talk.answer(transcript, talk.answer(400));
        await(keep("r1", "s", "ann", transcript));
        assertThat(said(find("r1")).request().body()).isEqualTo(request);
        transcript.free();
        assertThat(transcripts.held()).isZero();
    }

    @Test
    void aRequestThatHooksWantIsHeld() {
        var request = new Talk(1, 30_000).user(400).request();
        var transcript = transcripts.begin(Talk.head(), request);
        captures.begin("s", "ann", transcript, rule);

        Eventually.await(SOON, () -> assertThat(transcript.stored()).isNotNull());
        assertThat(transcript.request()).isEqualTo(request);
        transcript.onlyCaptured();
        assertThat(transcript.request()).isEmpty();
    }

    @Test
    void whatDoesNotFitIntoTheQueueIsDroppedAndCounted() {
        stop();
        start(200_000);
        // Made beforehand: the writer must not keep up with who hands them in.
        var requests = new ArrayList<byte[]>();
        for (var nth = 0; nth < 200; nth++) {
            requests.add(new Talk(nth, 20_000).user(10).request());
        }
        var done = new ArrayList<CompletionStage<Done>>();
        for (var nth = 0; nth < 200; nth++) {
            done.add(keep(
                    "r" + nth, "s" + nth, "ann", Talk.document(transcripts, Talk.head(), requests.get(nth), "{}")));
        }

        done.forEach(TestStorage::await);
        var counts = captures.counts();
        assertThat(counts.dropped()).isPositive();
        assertThat(counts.kept()).isPositive();
        assertThat(counts.kept() + counts.dropped()).isEqualTo(200);
        assertThat(counts.failed()).isZero();
        var found = 0;
        for (var nth = 0; nth < 200; nth++) {
            found += await(captures.find("r" + nth)).isPresent() ? 1 : 0;
        }
        assertThat(found).isEqualTo(counts.kept());
    }

    @Test
    void aLostTranscriptIsDroppedAndCounted() {
        var small = new Transcripts(1_000);
        var transcript = small.begin(Talk.head(), new byte[2_000]);
        await(keep("r1", "s", "ann", transcript));

        assertThat(captures.counts().dropped()).isEqualTo(1);
        assertThat(await(captures.find("r1"))).isEmpty();
        assertThat(small.held()).isZero();
    }

    @Test
    void keepsARequestOnce() {
        var talk = new Talk(1, 2_000);
        turn("r1", "s", "ann", talk);
        var first = find("r1");
        turn("r1", "s", "ann", talk);

        assertThat(said(find("r1")).request().body())
                .isEqualTo(said(first).request().body());
        assertThat(await(captures.ofSession("s", "ann", 10, null))).hasSize(1);
    }

    @Test
    void purgesWhatIsOverItsTimeAndGivesTheSpaceBack() throws IOException {
        var old = new Talk(1, 2_000);
        // Random bytes, which take their space.
        for (var nth = 0; nth < 60; nth++) {
            var body = new byte[40_000];
            new java.util.Random(nth).nextBytes(body);
            await(keep("old" + nth, "old", "ann", Talk.document(transcripts, Talk.head(), body, "{}")));
        }
        turn("early", "s", "ann", old);
        now = now.plus(Duration.ofHours(20));
        turn("late", "s", "ann", old);
        rule = kept(Duration.ofHours(24), Set.of(Purge.CAPTURES), false);
        await(captures.purge());
        assertThat(await(captures.find("old0"))).isPresent();
        stop();
        var before = Files.size(directory.resolve("captures.db"));
        start();

        now = now.plus(Duration.ofHours(10));
        await(captures.purge());

        assertThat(find("old0").said()).isNull();
        assertThat(find("old0").tools()).as("tools are kept until told").isEqualTo(Talk.tools());
        assertThat(find("early").said()).isNull();
        assertThat(said(find("late")).request().body())
                .as("what both have in common is still needed")
                .isEqualTo(withoutLastAnswer(old));
        assertThat(await(captures.ofSession("s", "ann", 10, null)))
                .extracting(Kept::requestId)
                .containsExactly("late");
        rule = kept(Duration.ofHours(24), Set.of(Purge.CAPTURES, Purge.TOOLS), false);
        await(captures.purge());
        assertThat(await(captures.find("old0"))).isEmpty();
        stop();
        assertThat(Files.size(directory.resolve("captures.db"))).isLessThan(before / 2);
        start();
        assertThat(find("late").tools()).isNotEmpty();
    }

    /** The last request, as the conversation stands after its answer. */
    private static byte[] withoutLastAnswer(Talk talk) {
        var whole = new String(talk.request(), UTF_8);
        return (whole.substring(0, whole.lastIndexOf(",{\"role\":\"assistant\""))
                        + whole.substring(whole.lastIndexOf("],\"metadata\"")))
                .getBytes(UTF_8);
    }

    @Test
    void whatIsNotExportedIsNotPurgedWhereThatIsRequired() {
        var talk = new Talk(1, 2_000);
        turn("r1", "s", "ann", talk);
        turn("r2", "s", "ann", talk);
        rule = kept(Duration.ofHours(1), Set.of(Purge.CAPTURES, Purge.TOOLS), true);
        now = now.plus(Duration.ofHours(5));

        await(captures.exported(List.of("r1", "never-captured"), 17));
        await(captures.purge());

        assertThat(await(captures.find("r1"))).isEmpty();
        assertThat(said(find("r2")).request().body()).isNotEmpty();
        assertThat(await(captures.exportedUpTo())).isEqualTo(17);
        await(captures.exported(List.of("r2"), 18));
        await(captures.purge());
        assertThat(await(captures.find("r2"))).isEmpty();
        assertThat(await(captures.exportedUpTo())).isEqualTo(18);
    }

    @Test
    void whenThePolicyTurnsToKeepNothingWhatWasKeptGoes() {
        turn("r1", "s", "ann", new Talk(1, 2_000));
        rule = kept(Duration.ZERO, Set.of(Purge.CAPTURES, Purge.TOOLS), false);

        await(captures.purge());

        assertThat(await(captures.find("r1"))).isEmpty();
    }

    @Test
    void deletesASessionAndLeavesTheOthers() {
        var talk = new Talk(1, 2_000);
        turn("a1", "a", "ann", talk);
        turn("a2", "a", "ann", talk);
        turn("b1", "b", "ann", talk);
        turn("c1", "c", "bob", talk);
        var b1 = said(find("b1")).request().body();

        assertThat(await(captures.deleteSession("a"))).isEqualTo(2);
        assertThat(await(captures.find("a1"))).isEmpty();
        assertThat(await(captures.find("a2"))).isEmpty();
        assertThat(said(find("b1")).request().body()).isEqualTo(b1);
        assertThat(await(captures.deleteSession("a"))).isZero();

        assertThat(await(captures.deleteLogin("ann"))).isEqualTo(1);
        assertThat(await(captures.find("b1"))).isEmpty();
        assertThat(said(find("c1")).request().body()).isNotEmpty();
        turn("a3", "a", "ann", talk);
        assertThat(said(find("a3")).request().body()).isEqualTo(withoutLastAnswer(talk));
    }

    /** What was stored when the request was sent went with the session, and what the transcript let go of cannot be had again. */
    @Test
    void aSessionMayBeDeletedWhileARequestIsUnderWay() {
        var talk = new Talk(1, 30_000);
        var transcript = transcripts.begin(Talk.head(), talk.user(10).request());
        captures.begin("s", "ann", transcript, rule);
        transcript.onlyCaptured();
        Eventually.await(SOON, () -> assertThat(transcripts.held()).isZero());

        await(captures.deleteSession("s"));
        Talk.answer(transcript, talk.answer(100));
        await(keep("r1", "s", "ann", transcript));

        assertThat(said(find("r1")).request().body()).isNull();
        assertThat(said(find("r1")).answer().body()).isNotEmpty();
    }

    @Test
    void findsRequestsByHeader() {
        rule = new DatabaseRule(
                null,
                false,
                Set.of(),
                List.of(
                        new FilterableHeader("X-Team", false),
                        new FilterableHeader("x-person", true),
                        new FilterableHeader("request-id", false)),
                false,
                false);
        var answer = new Talk(1, 10).answer(10);
        for (var nth = 0; nth < 6; nth++) {
            var head = nth % 2 == 0 ? Talk.head("x-team", "red", "X-Person", "ann") : Talk.head("x-team", "blue");
            var login = nth < 3 ? "ann" : "bob";
            var at = Talk.NOON.plusSeconds(nth);
            await(captures.keep(
                    Talk.exchange("r" + nth, "s", login, at, 2),
                    Talk.transcript(transcripts, head, "{}".getBytes(UTF_8), answer),
                    List.of(),
                    rule));
        }

        assertThat(headed("X-TEAM", "red", null, 10, null)).containsExactly("r4", "r2", "r0");
        assertThat(headed("x-team", "red", "ann", 10, null)).containsExactly("r2", "r0");
        assertThat(headed("x-team", "", null, 3, null)).containsExactly("r5", "r4", "r3");
        assertThat(headed("x-team", "", null, 3, Talk.NOON.plusSeconds(3))).containsExactly("r2", "r1", "r0");
        assertThat(headed("x-person", "ann", null, 10, null)).isEmpty();
        assertThat(headed("x-person", "***", null, 10, null)).containsExactly("r4", "r2", "r0");
        assertThat(headed("x-person", "", null, 10, null)).containsExactly("r4", "r2", "r0");
        assertThat(headed("request-id", "", null, 10, null)).hasSize(6);
        assertThat(headed("user-agent", "", null, 10, null)).isEmpty();
        await(captures.deleteLogin("bob"));
        assertThat(headed("x-team", "", null, 10, null)).containsExactly("r2", "r1", "r0");
    }

    private List<String> headed(
            String name, String value, @Nullable String login, int limit, @Nullable Instant before) {
        return await(captures.withHeader(name, value, login, limit, before)).stream()
                .map(Headed::requestId)
                .toList();
    }

    @Test
    void listsASession() {
        var talk = new Talk(1, 600);
        for (var nth = 0; nth < 5; nth++) {
            turn("r" + nth, "s", "ann", talk);
        }

        var page = await(captures.ofSession("s", "ann", 2, null));
        assertThat(page).extracting(Kept::requestId).containsExactly("r4", "r3");
        assertThat(await(captures.ofSession("s", "ann", 9, page.getLast().number())))
                .extracting(Kept::requestId)
                .containsExactly("r2", "r1", "r0");
        assertThat(await(captures.ofSession("s", "bob", 9, null))).isEmpty();
    }
}

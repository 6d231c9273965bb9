package dev.sluice.proxy;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.RawHttp.End;
import dev.sluice.testing.RawHttp.Head;
import dev.sluice.testing.RawHttp.Rest;
import dev.sluice.testing.Stand;
import dev.sluice.testing.TestFormat;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Providers that fail, at every point of their answers: the client is told, and the books are right. */
@TestInstance(Lifecycle.PER_CLASS) // So that the same can be asked of another kind of provider.
@Isolated("Its clocks are too short to share the cores.")
class UpstreamBreaksIT {
    /** Of the gateway whose provider falls silent; all else is asked of one with time enough, for a busy machine may be as slow as that. */
    static final Map<String, String> SHORT_CLOCKS = Map.of(
            "sluice.clocks.first-event", "400ms",
            "sluice.clocks.idle", "400ms",
            "sluice.clocks.response-headers", "800ms");

    private static final String SCRIPT = "events=3; id=1";

    @TempDir
    static Path data;

    Stand stand;
    Stand impatient;

    private record Answer(Head head, Rest rest) {}

    @BeforeAll
    void start() throws Exception {
        stand = Stand.start(data.resolve("patient"));
        impatient = Stand.start(data.resolve("impatient"), SHORT_CLOCKS);
    }

    @AfterAll
    void stop() throws Exception {
        stand.close();
        impatient.close();
    }

    private Stand standFor(String ending) {
        return ending.startsWith("stall") ? impatient : stand;
    }

    private Answer ask(TestFormat format, boolean stream, String name, String script) {
        return ask(stand, format, stream, name, script);
    }

    private static Answer ask(Stand stand, TestFormat format, boolean stream, String name, String script) {
        try (var http = stand.ask(format, stream, name, script)) {
            return new Answer(http.readHead(), http.readRest());
        }
    }

    static Stream<Arguments> everyEnding() {
        return Stream.of(TestFormat.values())
                .flatMap(format -> Stream.of("end-after", "cut-after", "reset-after", "stall-after")
                        .map(ending -> Arguments.of(format, ending)));
    }

    @ParameterizedTest
    @MethodSource("everyEnding")
    void aStreamThatBreaksOffAtAnyEventIsNeverPassedOffAsComplete(TestFormat format, String ending) {
        // Given
        var events = stand.said(format, true, SCRIPT).events();
        var all = IntStream.rangeClosed(0, events.size()).boxed().toList();
        var name = "breaks-" + format + "-" + ending + "-";
        var asked = standFor(ending);
        // When
        var answers = Stand.together(all.stream()
                .map(sent -> (Callable<Answer>)
                        () -> ask(asked, format, true, name + sent, SCRIPT + "; " + ending + "=" + sent))
                .toList());
        // Then
        asked.awaitQuiet();
        var exchanges = asked.exchanges(all.stream().map(sent -> name + sent).toList());
        for (var sent : all) {
            var arrived = events.subList(0, sent);
            var complete = format.isComplete(arrived);
            var what = name + sent + ": " + exchanges.get(name + sent);
            assertStream(format, what, visible(format, arrived), complete, answers.get(sent));
            var exchange = requireNonNull(exchanges.get(name + sent));
            assertThat(exchange.path("outcome").asText())
                    .as(what)
                    .isEqualTo(complete ? "completed" : "upstream_truncated");
            assertThat(exchange.path("cost_nanos").asLong()).as(what).isPositive();
        }
    }

    private static void assertStream(TestFormat format, String what, String passed, boolean complete, Answer answer) {
        assertThat(answer.head().status()).as(what).isEqualTo(200);
        assertThat(answer.rest().text()).as(what).startsWith(passed);
        var added = answer.rest().text().substring(passed.length());
        if (complete) {
            assertThat(added).as(what).isEmpty();
            assertThat(answer.rest().end()).as(what).isEqualTo(End.PROPER);
        } else {
            assertThat(answer.rest().end()).as(what).isIn(End.CUT, End.RESET);
            assertThat(format.isErrorEvent(added)).as(what + added).isTrue();
            assertThat(added).as(what).endsWith("\n\n");
        }
    }

    private static String visible(TestFormat format, List<String> events) {
        return events.stream()
                .filter(event -> !format.isHidden(event))
                .map(event -> event + "\n\n")
                .collect(Collectors.joining());
    }

    @ParameterizedTest
    @EnumSource
    void aWholeStreamPassesByteForByte(TestFormat format) {
        for (var script :
                List.of(SCRIPT, SCRIPT + "; chunking=1", SCRIPT + "; tools=2", "events=300; id=2; chunking=5")) {
            // Given
            var said = stand.said(format, true, script).events();
            // When
            var answer = ask(format, true, "whole", script);
            // Then
            assertThat(answer.rest().end()).isEqualTo(End.PROPER);
            assertThat(answer.rest().text()).isEqualTo(visible(format, said));
        }
    }

    @ParameterizedTest
    @EnumSource
    void anAnswerThatIsNoStreamIsCutWhereTheProvidersWasCut(TestFormat format) {
        for (var ending : List.of("cut-after=5", "reset-after=5", "stall-after=5")) {
            // Given
            var name = "document-" + format + "-" + ending;
            var asked = standFor(ending);
            // When
            var answer = ask(asked, format, false, name, "big=100k; " + ending);
            // Then
            assertThat(answer.rest().end()).as(name).isIn(End.CUT, End.RESET);
            var exchange = asked.exchange(name);
            assertThat(exchange.path("outcome").asText()).as(name).isEqualTo("upstream_truncated");
            assertThat(exchange.path("cost_nanos").asLong()).as(name).isPositive();
            asked.awaitQuiet();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aMalformedEventPassesAsItIs(TestFormat format) {
        // Given
        var script = SCRIPT + "; malformed-at=3";
        var said = stand.said(format, true, script).events();
        // When
        var answer = ask(format, true, "malformed-" + format, script);
        // Then
        assertThat(answer.rest().text()).isEqualTo(visible(format, said));
        assertThat(answer.rest().end()).isEqualTo(End.PROPER);
        var exchange = stand.exchange("malformed-" + format);
        assertThat(exchange.path("outcome").asText()).isEqualTo("completed");
        assertThat(exchange.path("estimated").asBoolean()).isFalse();
        assertThat(exchange.path("cost_nanos").asLong()).isPositive();
    }

    @ParameterizedTest
    @EnumSource
    void aStreamWithoutItsSignOfCompletionIsCut(TestFormat format) {
        // Given
        var script = SCRIPT + "; no-terminal";
        var said = stand.said(format, true, script).events();
        // When
        var answer = ask(format, true, "no-terminal-" + format, script);
        // Then
        assertStream(format, "no-terminal", visible(format, said), false, answer);
        assertThat(stand.exchange("no-terminal-" + format).path("outcome").asText())
                .isEqualTo("upstream_truncated");
    }

    @ParameterizedTest
    @EnumSource
    void anAnswerWithoutUsageIsCountedAndCharged(TestFormat format) {
        for (var stream : List.of(true, false)) {
            // Given
            var name = "no-usage-" + format + stream;
            // When
            var answer = ask(format, stream, name, SCRIPT + "; no-usage");
            // Then
            assertThat(answer.rest().end()).isEqualTo(End.PROPER);
            var exchange = stand.exchange(name);
            assertThat(exchange.path("outcome").asText()).isEqualTo("completed");
            assertThat(exchange.path("estimated").asBoolean())
                    .as(exchange.toString())
                    .isTrue();
            assertThat(exchange.path("usage").path("output_tokens").asLong()).isPositive();
            assertThat(exchange.path("cost_nanos").asLong()).isPositive();
        }
    }

    @ParameterizedTest
    @EnumSource
    void anErrorEventPassesAndIsRemembered(TestFormat format) {
        // Given
        var script = SCRIPT + "; error-event-at=3";
        var said = stand.said(format, true, script);
        // When
        var answer = ask(format, true, "error-event-" + format, script);
        // Then
        assertThat(answer.rest().text()).isEqualTo(said.text());
        assertThat(answer.rest().end()).isEqualTo(End.PROPER);
        assertThat(stand.exchange("error-event-" + format).path("outcome").asText())
                .isEqualTo("upstream_error");
    }

    @ParameterizedTest
    @EnumSource
    void aProvidersNoPassesAsItCameAndCostsNothing(TestFormat format) {
        for (var status : List.of(400, 401, 429, 500, 503, 529)) {
            // Given
            var script = "id=9; retry-after=7; fault=" + status;
            Head said;
            String body;
            try (var http = stand.openProvider()) {
                http.post(format.path(), format.body(true), Stand.headers("reference", script));
                said = http.readHead();
                body = http.readRest().text();
            }
            var name = "no-" + format + status;
            // When
            var answer = ask(format, true, name, script);
            // Then
            assertThat(answer.head().status()).isEqualTo(status);
            assertThat(answer.rest().text()).isEqualTo(body);
            var passed = new ArrayList<>(said.headers());
            passed.removeIf(header -> List.of("server", "date", "connection").contains(lower(header.getKey())));
            assertThat(answer.head().headers()).containsAll(passed);
            assertThat(answer.head().header("retry-after")).contains("7");
            var exchange = stand.exchange(name);
            assertThat(exchange.path("cost_nanos").asLong(-1))
                    .as(exchange.toString())
                    .isZero();
            assertThat(exchange.path("status").asInt()).isEqualTo(status);
            assertThat(exchange.path("outcome").asText())
                    .as(exchange.toString())
                    .isEqualTo("upstream_error");
        }
        stand.awaitQuiet();
    }

    private static String lower(String name) {
        return name.toLowerCase(java.util.Locale.ROOT);
    }

    @ParameterizedTest
    @EnumSource
    void aProviderThatNeverAnswersIsATimeoutInTheClientsFormat(TestFormat format) {
        // When
        var answer = ask(impatient, format, true, "hang-" + format, "hang");
        // Then
        assertThat(answer.head().status()).isEqualTo(504);
        assertThat(format.errorMessage(answer.rest().text())).contains("\"sim\"");
        var exchange = impatient.exchange("hang-" + format);
        assertThat(exchange.path("outcome").asText()).isEqualTo("upstream_error");
        impatient.awaitQuiet();
        impatient.assertServes(format);
    }

    @ParameterizedTest
    @EnumSource
    void aProviderThatResetsInPlaceOfAnAnswerIsUnreachable(TestFormat format) {
        // When
        var answer = ask(format, true, "reset-" + format, "reset");
        // Then
        assertThat(answer.head().status()).isEqualTo(502);
        assertThat(format.errorMessage(answer.rest().text())).contains("\"sim\"");
        stand.awaitQuiet();
        stand.assertServes(format);
    }
}

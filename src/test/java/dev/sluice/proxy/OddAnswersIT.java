package dev.sluice.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.AdminApi;
import dev.sluice.testing.BareProvider;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.RawHttp;
import dev.sluice.testing.RawHttp.End;
import dev.sluice.testing.TestFormat;
import dev.sluice.testing.TestGateway;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.GZIPOutputStream;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers that are framed, coded or labelled as few providers do it: streams of known length, compressed ones, error pages. */
class OddAnswersIT {
    private static final String PIECE = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a word\"}}]}\n\n";
    private static final String END = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    private static final String USAGE =
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3}}\n\n";
    private static final String DONE = "data: [DONE]\n\n";

    @TempDir
    static Path data;

    private static final AtomicReference<Answer> next = new AtomicReference<>();
    private static BareProvider provider;
    private static TestGateway gateway;

    private record Answer(String status, String headers, ByteString body) {
        void write(OutputStream out) throws IOException {
            out.write(utf8("HTTP/1.1 " + status + "\r\n" + headers + "\r\n"));
            out.write(body.toArrayUnsafe());
        }

        /** A stream whose end is told beforehand. */
        static Answer ofLength(String events) {
            var body = ByteString.fromString(events);
            return new Answer(
                    "200 OK", "Content-Type: text/event-stream\r\nContent-Length: " + body.size() + "\r\n", body);
        }

        static Answer coded(String coding, ByteString body) {
            return new Answer(
                    "200 OK",
                    "Content-Type: text/event-stream\r\nContent-Encoding: " + coding + "\r\nConnection: close\r\n",
                    body);
        }
    }

    private record Seen(RawHttp.Head head, RawHttp.Rest rest) {}

    @BeforeAll
    static void start() throws Exception {
        provider = BareProvider.start((request, in, out) -> {
            next.get().write(out);
            if (next.get().headers().contains("Connection: close")) {
                throw new IOException("closes the connection");
            }
        });
        gateway = TestGateway.start(data, TestGateway.policy(provider.url()));
    }

    @AfterAll
    static void stop() {
        gateway.close();
        provider.close();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static ByteString gzip(String text) {
        var zipped = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(zipped)) {
            gzip.write(utf8(text));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return ByteString.fromArray(zipped.toByteArray());
    }

    private static Seen ask(TestFormat format, boolean stream, String name, Answer answer) {
        next.set(answer);
        try (var http = RawHttp.connect(gateway.node().address())) {
            http.post(format.path(), format.body(stream), "User-Agent: " + name, "x-session-id: odd");
            return new Seen(http.readHead(), http.readRest());
        }
    }

    private static String outcome(String name) throws Exception {
        var found = new AtomicReference<>("");
        try (var admin = new AdminApi(gateway.node().address())) {
            Eventually.await(Duration.ofSeconds(20), () -> {
                admin.exchanges().stream()
                        .filter(exchange -> exchange.path("user_agent").asText().equals(name))
                        .forEach(exchange -> found.set(exchange.path("outcome").asText()));
                assertThat(found.get()).isNotEmpty();
            });
        }
        return found.get();
    }

    /** One that is read at once, and one that is not. */
    @ParameterizedTest
    @ValueSource(ints = {1, 5_000})
    void aStreamOfKnownLengthArrivesWholeWithoutTheUsageThatNobodyAskedFor(int events) throws Exception {
        // Given
        var sent = PIECE.repeat(events) + END + USAGE + DONE;
        // When
        var seen = ask(TestFormat.CHAT, true, "known-length-" + events, Answer.ofLength(sent));
        // Then
        assertThat(seen.rest().end()).isEqualTo(End.PROPER);
        assertThat(seen.rest().text()).isEqualTo(sent.replace(USAGE, ""));
        assertThat(outcome("known-length-" + events)).isEqualTo("completed");
    }

    @ParameterizedTest
    @EnumSource
    void aStreamOfKnownLengthThatLacksItsSignOfCompletionIsCut(TestFormat format) throws Exception {
        for (var events : List.of(1, 5_000)) {
            // Given
            var name = "incomplete-" + format + events;
            var sent = "event: ping\ndata: {\"type\":\"ping\"}\n\n".repeat(events);
            // When
            var seen = ask(format, true, name, Answer.ofLength(sent));
            // Then
            assertThat(seen.rest().text()).as(name).startsWith(sent);
            assertThat(format.isErrorEvent(seen.rest().text().substring(sent.length())))
                    .as(name)
                    .isTrue();
            assertThat(seen.rest().end()).as(name).isIn(End.CUT, End.RESET);
            assertThat(outcome(name)).as(name).isEqualTo("upstream_truncated");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aStreamInACodingThatNobodyHereReadsPassesAsItCame(TestFormat format) throws Exception {
        // Given
        var body = ByteString.fromString("these would be the bytes of a brotli stream");
        // When
        var seen = ask(format, true, "brotli-" + format, Answer.coded("br", body));
        // Then
        assertThat(seen.rest().bytes()).isEqualTo(body);
        assertThat(seen.rest().end()).isEqualTo(End.PROPER);
        assertThat(seen.head().header("content-encoding")).contains("br");
        assertThat(outcome("brotli-" + format)).isEqualTo("completed");
    }

    @Test
    void nothingIsAddedToACompressedStreamThatIsIncomplete() throws Exception {
        // Given
        var body = gzip(PIECE);
        // When
        var seen = ask(TestFormat.CHAT, true, "gzip-incomplete", Answer.coded("gzip", body));
        // Then
        assertThat(seen.rest().bytes()).isEqualTo(body);
        assertThat(seen.rest().end()).isIn(End.CUT, End.RESET);
        assertThat(outcome("gzip-incomplete")).isEqualTo("upstream_truncated");
    }

    @ParameterizedTest
    @ValueSource(strings = {"500 Oops", "404 Not Found", "307 Temporary Redirect"})
    void anErrorInAShapeThatNoFormatKnowsIsNotRememberedAsCompleted(String status) throws Exception {
        for (var framing : new String[] {"Content-Length: 17\r\n", "Connection: close\r\n"}) {
            // Given
            var name = "page-" + status + framing.length();
            var page = new Answer(
                    status, "Content-Type: text/html\r\n" + framing, ByteString.fromString("<html>Oops</html>"));
            // When
            var seen = ask(TestFormat.MESSAGES, false, name, page);
            // Then
            assertThat(seen.rest().text()).as(name).isEqualTo("<html>Oops</html>");
            assertThat(outcome(name)).as(name).isEqualTo("upstream_error");
        }
    }

    @Test
    void theProvidersOwnDateAndNamePass() throws Exception {
        // When
        var seen = ask(
                TestFormat.CHAT,
                false,
                "dated",
                new Answer(
                        "200 OK",
                        "Content-Length: 2\r\nServer: odd/1.0 (a; b)\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\n",
                        ByteString.fromString("{}")));
        // Then
        assertThat(seen.head().header("server")).contains("odd/1.0 (a; b)");
        assertThat(seen.head().headers().stream()
                        .filter(header -> header.getKey().equalsIgnoreCase("date"))
                        .map(Map.Entry::getValue))
                .containsExactly("Mon, 01 Jan 2024 00:00:00 GMT");
    }
}

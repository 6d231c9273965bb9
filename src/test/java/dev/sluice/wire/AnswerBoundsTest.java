package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.wire.chat.ChatAnswers;
import dev.sluice.wire.gemini.GenerateContentAnswers;
import dev.sluice.wire.media.Speech;
import dev.sluice.wire.messages.MessagesAnswers;
import dev.sluice.wire.responses.ResponsesAnswers;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Memory and patience end somewhere, whatever a provider sends. */
class AnswerBoundsTest {
    private static final int MEGABYTE = 1024 * 1024;
    private static final ByteString TEXT = ByteString.fromString("a".repeat(64 * 1024));

    private static long allocated() {
        return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }

    private static ByteString bytes(String text) {
        return ByteString.fromString(text, StandardCharsets.UTF_8);
    }

    /** Garbage made while reading 200 MB of text between two pieces. */
    private static long garbageOf200Megabytes(AnswerReader reader, String before, String after) {
        reader.read(bytes(before));
        long start = allocated();
        for (int i = 0; i < 3200; i++) {
            reader.read(TEXT);
        }
        long garbage = allocated() - start;
        reader.read(bytes(after));
        reader.end();
        return garbage;
    }

    @Test
    void readsADocumentWithATextOf200MegabytesForNothing() {
        var reader = ChatAnswers.json();

        long garbage = garbageOf200Megabytes(
                reader,
                "{\"choices\":[{\"message\":{\"content\":\"",
                "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}");

        assertThat(garbage).isLessThan(MEGABYTE);
        assertThat(reader.answer().complete()).isTrue();
        assertThat(reader.answer().usage()).isEqualTo(Usage.ofText(1, 2));
        assertThat(reader.answer().textChars()).isEqualTo(3200L * 64 * 1024);
    }

    @Test
    void readsAnArrayWithATextOf200MegabytesForNothing() {
        var reader = GenerateContentAnswers.array(null);

        long garbage = garbageOf200Megabytes(
                reader,
                "[{\"candidates\":[{\"content\":{\"parts\":[{\"inlineData\":{\"data\":\"",
                "\"}}]},\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":1,\"candidatesTokenCount\":2}}]");

        assertThat(garbage).isLessThan(MEGABYTE);
        assertThat(reader.answer().complete()).isTrue();
        assertThat(reader.answer().usage()).isEqualTo(Usage.ofText(1, 2));
    }

    @Test
    void skipsAPictureOf200MegabytesForNothing() {
        var reader = ChatAnswers.json();

        long garbage = garbageOf200Megabytes(
                reader,
                "{\"choices\":[{\"message\":{\"images\":[{\"url\":\"",
                "\"}]}}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}");

        assertThat(garbage).isLessThan(MEGABYTE);
        assertThat(reader.answer().usage()).isEqualTo(Usage.ofText(1, 2));
    }

    @Test
    void readsBehindAnEventThatSeemedToGrowWithoutEnd() {
        var reader = ChatAnswers.stream(false);

        long garbage = garbageOf200Megabytes(
                reader, "data: ", "\n\ndata: {\"choices\":[{\"index\":0,\"finish_reason\":\"stop\"}]}\n\n");

        assertThat(garbage).isLessThan(MEGABYTE);
        assertThat(reader.answer().complete()).isTrue();
    }

    @Test
    void boundsWhatIsKeptOfToolArguments() {
        var reader = MessagesAnswers.stream();
        reader.read(bytes("data: {\"type\":\"content_block_start\",\"index\":0,"
                + "\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}}\n\n"));
        var delta = bytes("data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
                + "{\"type\":\"input_json_delta\",\"partial_json\":\"" + "é".repeat(100_001) + "\"}}\n\n");

        for (int i = 0; i < 30; i++) {
            reader.read(delta);
        }

        var arguments = reader.answer().toolCalls().getFirst().arguments();
        assertThat(arguments.getBytes(StandardCharsets.UTF_8).length)
                .isBetween(AnswerReader.MAX_ARGUMENT_BYTES - 2, AnswerReader.MAX_ARGUMENT_BYTES);
        assertThat(arguments).doesNotContain("\uFFFD");
        assertThat(reader.answer().outputChars()).isEqualTo(30 * 100_001);
    }

    @Test
    void boundsWhatIsKeptOfTheCallsOfADocument() {
        var call = "{\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":\"" + "x".repeat(MEGABYTE / 2) + "\"}}";
        var reader = ChatAnswers.json();
        reader.read(bytes("{\"choices\":[{\"index\":0,\"message\":{\"tool_calls\":["));
        for (int i = 0; i < 20; i++) {
            reader.read(bytes(call + ","));
        }
        reader.read(bytes(call + "]}}]}"));

        var kept = reader.answer().toolCalls().stream()
                .mapToInt(told -> told.arguments().length())
                .sum();
        assertThat(kept).isEqualTo(AnswerReader.MAX_ARGUMENT_BYTES);
        assertThat(reader.answer().complete()).isTrue();
    }

    @Test
    void holdsAnEventBackOnlyUpToItsLimitAndThenPassesAllOfItAndHidesTheNext() {
        var reader = ChatAnswers.stream(true);
        var sent = reader.read(bytes("data: {\"choices\":[],\"x\":\""));
        for (int i = 0; i < AnswerReader.MAX_HELD_BYTES / TEXT.size(); i++) {
            sent = sent.concat(reader.read(TEXT));
        }
        var rest = bytes("\",\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\n");

        var last = reader.read(rest);

        assertThat(sent.size()).isEqualTo(AnswerReader.MAX_HELD_BYTES + 25);
        assertThat(last).isEqualTo(rest);
        assertThat(reader.read(bytes(
                                "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\n"))
                        .isEmpty())
                .isTrue();
        assertThat(reader.end().isEmpty()).isTrue();
        assertThat(reader.answer().usage()).isEqualTo(Usage.ofText(1, 2));
    }

    @Test
    void survivesDepthAndNumbersWithoutEnd() {
        for (Supplier<AnswerReader> readers : List.<Supplier<AnswerReader>>of(
                ChatAnswers::json,
                ResponsesAnswers::json,
                MessagesAnswers::json,
                () -> GenerateContentAnswers.json(null),
                () -> GenerateContentAnswers.array(null))) {
            for (var field :
                    List.of("choices", "output", "content", "usage", "error", "other", "candidates", "usageMetadata")) {
                for (var filling : List.of("[", "{\"a\":", "9")) {
                    var reader = readers.get();
                    var body = bytes("{\"" + field + "\":" + filling.repeat(100_000));
                    assertThat(reader.read(body)).isSameAs(body);
                    assertThat(reader.end().isEmpty()).isTrue();
                    assertThat(reader.answer().complete()).isFalse();
                }
            }
        }
    }

    @Test
    void ignoresCountsThatAreNone() {
        for (var count :
                List.of("-5", "9".repeat(40), "1e400", "1e-400", "\"7\"", "null", "true", "9007199254740993")) {
            var reader = ChatAnswers.json();
            reader.read(bytes("{\"usage\":{\"prompt_tokens\":" + count + ",\"completion_tokens\":1e1}}"));
            assertThat(reader.answer().usage()).as(count).isEqualTo(Usage.ofText(0, 10));
        }
    }

    @Test
    void learnsNothingFromWhatIsNoAnswer() {
        for (var body : List.of("", " ", "<html>502</html>", "[]", "\"text\"", "null", "42")) {
            var reader = ChatAnswers.json();
            reader.read(bytes(body));
            reader.end();
            assertThat(reader.answer())
                    .as(body)
                    .isEqualTo(new Answer(
                            null, List.of(), null, null, null, null, null, null, null, null, null, null, false, 0, 0));
        }
    }

    @Test
    void skipsVectorsAndPicturesOf200MegabytesForNothing() {
        for (var body : List.of(
                List.of("{\"data\":[{\"embedding\":\"", "\"}],\"usage\":{\"prompt_tokens\":7,\"total_tokens\":7}}"),
                List.of("{\"usage\":{\"total_tokens\":7},\"data\":[{\"embedding\":\"", "\"}]}"))) {
            var reader = reader(Heads.EMBEDDINGS, Framing.DOCUMENT);
            assertThat(garbageOf200Megabytes(reader, body.getFirst(), body.getLast()))
                    .isLessThan(MEGABYTE);
            assertThat(reader.answer().usage()).isEqualTo(Usage.ofText(7, 0));
            assertThat(reader.answer().complete()).isTrue();
        }
        var reader = reader(Heads.IMAGES, Framing.SSE);
        long garbage = garbageOf200Megabytes(
                reader,
                "data: {\"type\":\"image_generation.completed\",\"b64_json\":\"",
                "\",\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}\n\n");
        assertThat(garbage).isLessThan(MEGABYTE);
        assertThat(reader.answer().complete()).isTrue();
    }

    @Test
    void estimatesAFileByItsLength() {
        var speech = reader(new Speech(), Framing.DOCUMENT);
        assertThat(garbageOf200Megabytes(speech, "ID3", "")).isLessThan(MEGABYTE);
        assertThat(speech.answer().outputChars()).isEqualTo((3 + 3200L * TEXT.size()) / 190);
        assertThat(speech.answer().usage()).isNull();
    }

    /** Whatever comes, no reader throws, and every byte passes. */
    @ParameterizedTest
    @ValueSource(longs = {1, 42, 20261124})
    void passesDamagedAnswersOn(long seed) {
        var random = new Random(seed);
        for (var fixture : Fixture.all().toList()) {
            for (var round = 0; round < 20; round++) {
                var body = damaged(fixture.body(), random);
                var reader = fixture.reader();
                var cuts = random.ints(3, 0, body.length + 1).sorted().toArray();
                assertThat(Feeding.pieces(reader, body, cuts))
                        .as("%s, seed %d", fixture, seed)
                        .isEqualTo(body);
                reader.answer();
            }
        }
    }

    private static byte[] damaged(byte[] body, Random random) {
        var bytes = body.clone();
        for (var i = random.nextInt(6); i > 0 && bytes.length > 0; i--) {
            var at = random.nextInt(bytes.length);
            switch (random.nextInt(3)) {
                case 0 -> bytes[at] = (byte) random.nextInt(256);
                case 1 -> bytes = Arrays.copyOf(bytes, at);
                default -> bytes[at] = (byte) "{}[]\",:\n\\0".charAt(random.nextInt(10));
            }
        }
        return bytes;
    }

    private static AnswerReader reader(WireFormat format, Framing framing) {
        return format.reader(new AnswerHead(format.operations().getFirst(), framing, false, "m", name -> null));
    }
}

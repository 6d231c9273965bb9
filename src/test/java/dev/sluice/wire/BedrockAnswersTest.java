package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.wire.Answer.AnswerError;
import dev.sluice.wire.bedrock.Converse;
import dev.sluice.wire.bedrock.InvokeModel;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the two formats of Bedrock tell beyond the recorded answers, and what they must survive. */
class BedrockAnswersTest {
    static final WireFormat INVOKE = new InvokeModel();
    static final WireFormat CONVERSE = new Converse();
    private static final String EVENTS = "application/vnd.amazon.eventstream";

    static AnswerReader reader(WireFormat format, String action, String contentType, Map<String, String> headers) {
        var operation = format.operations().stream()
                .filter(it -> it.path().endsWith("/" + action))
                .findFirst()
                .orElseThrow();
        return format.reader(new AnswerHead(operation, Framing.of(contentType), false, "asked:0", headers::get));
    }

    static AnswerReader streamOf(WireFormat format) {
        return reader(format, format.equals(INVOKE) ? "invoke" : "converse", EVENTS, Map.of());
    }

    private static Answer document(WireFormat format, String action, String body, Map<String, String> headers) {
        var reader = reader(format, action, "application/json", headers);
        Feeding.pieces(reader, body.getBytes(StandardCharsets.UTF_8));
        return reader.answer();
    }

    static byte[] event(String payload) {
        var headers = new LinkedHashMap<String, String>();
        headers.put(":event-type", "chunk");
        headers.put(":message-type", "event");
        return EventFrame.of(headers, payload.getBytes(StandardCharsets.UTF_8)).toArray();
    }

    static byte[] chunk(String event) {
        var bytes = Base64.getEncoder().encodeToString(event.getBytes(StandardCharsets.UTF_8));
        return event("{\"p\":\"abc\",\"bytes\":\"" + bytes + "\"}");
    }

    private static Answer invoked(String... events) {
        var reader = streamOf(INVOKE);
        for (var event : events) {
            reader.read(ByteString.fromArray(chunk(event)));
        }
        return reader.answer();
    }

    // Vendors.

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"generation":"Hello","prompt_token_count":15,"generation_token_count":3,"stop_reason":"length"}                           | 15 | 0 | 3 | LENGTH       | 5
            {"inputTextTokenCount":5,"results":[{"tokenCount":7,"outputText":"Hey","completionReason":"FINISH"}]}                       | 5  | 0 | 7 | STOP         | 3
            {"output":{"message":{"content":[{"text":"Hi"}]}},"stopReason":"end_turn","usage":{"inputTokens":4,"outputTokens":2,"cacheReadInputTokenCount":6}} | 4 | 6 | 2 | STOP | 2
            {"choices":[{"message":{"content":"Yes"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":4}}} | 5 | 4 | 1 | STOP | 3
            {"embedding":[0.1],"inputTextTokenCount":6}                                                                                | 6  | 0 | 0 | STOP         | 0
            {"choices":[{"text":"No","stop_reason":"content_filter"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}                | 1  | 0 | 1 | CONTENT_FILTER | 2
            """)
    void readsTheCountsOfOtherVendors(
            String body, long input, long cached, long output, FinishReason reason, long text) {
        var answer = document(INVOKE, "invoke", body, Map.of());

        assertThat(answer.usage()).isEqualTo(new Usage(input, cached, 0, 0, output, 0, 0, 0, 0, 0, 0));
        assertThat(answer.finishReason()).isEqualTo(reason);
        assertThat(answer.textChars()).isEqualTo(text);
        assertThat(answer.model()).isEqualTo("asked:0");
        assertThat(answer.complete()).isTrue();
    }

    @Test
    void believesBedrocksOwnCountsBeforeThoseOfOtherVendors() {
        var answer = document(
                INVOKE,
                "invoke",
                "{\"outputs\":[{\"text\":\"a\",\"stop_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}",
                Map.of(
                        "x-amzn-bedrock-input-token-count", "11",
                        "x-amzn-bedrock-output-token-count", "12",
                        "x-amzn-bedrock-cache-read-input-token-count", "13",
                        "x-amzn-bedrock-cache-write-input-token-count", "14"));

        assertThat(answer.usage()).isEqualTo(new Usage(11, 13, 14, 0, 12, 0, 0, 0, 0, 0, 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "1e3", "x", "9999999999999999999999", "٣"})
    void ignoresCountsInHeadersThatAreNone(String count) {
        var answer = document(INVOKE, "invoke", "{}", Map.of("x-amzn-bedrock-input-token-count", count));

        assertThat(answer.usage()).isNull();
    }

    @Test
    void readsTheEventsOfNova() {
        var answer = invoked(
                "{\"messageStart\":{\"role\":\"assistant\"}}",
                "{\"contentBlockDelta\":{\"delta\":{\"text\":\"Hel\"},\"contentBlockIndex\":0}}",
                "{\"contentBlockDelta\":{\"delta\":{\"text\":\"lo\"},\"contentBlockIndex\":0}}",
                "{\"messageStop\":{\"stopReason\":\"max_tokens\"}}",
                "{\"metadata\":{\"usage\":{\"inputTokens\":3,\"outputTokens\":2}},"
                        + "\"amazon-bedrock-invocationMetrics\":{\"inputTokenCount\":30,\"outputTokenCount\":20}}");

        assertThat(answer.usage()).isEqualTo(Usage.ofText(30, 20));
        assertThat(answer.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(answer.textChars()).isEqualTo(5);
        assertThat(answer.complete()).isTrue();
    }

    @Test
    void readsTheCallsOfOpenAisModels() {
        var answer = invoked(
                "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]}}]}",
                "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"x\\\":\"}}]}}]}",
                "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}]}}]}",
                "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"1}\"}}]}}]}",
                "{\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}]}");

        assertThat(answer.toolCalls())
                .containsExactly(new ToolCall("a", "f", "{\"x\":1}", true), new ToolCall("b", "g", "{}", true));
        assertThat(answer.finishReason()).isEqualTo(FinishReason.TOOL_CALLS);
    }

    @Test
    void isNotCompleteBeforeTheEndIsToldWhole() {
        for (var body : List.of(
                List.of(
                        chunk(
                                "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":9}}"),
                        chunk("{\"type\":\"message_stop\"}")),
                List.of(
                        chunk("{\"generation\":\"\",\"stop_reason\":null}"),
                        chunk("{\"generation\":\"\",\"stop_reason\":\"stop\"}")))) {
            var reader = streamOf(INVOKE);
            reader.read(ByteString.fromArray(body.getFirst()));
            for (int end = 0; end < body.getLast().length; end++) {
                assertThat(reader.answer().complete()).as("at %d", end).isFalse();
                reader.read(ByteString.fromArray(new byte[] {body.getLast()[end]}));
            }
            assertThat(reader.answer().complete()).isTrue();
        }
    }

    // Errors.

    static Stream<WireFormat> formats() {
        return Stream.of(INVOKE, CONVERSE);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            ThrottlingException:http://x | {"message":"slow"}                       | ThrottlingException   | slow
            AccessDeniedException        | {"Message":"no"}                         | AccessDeniedException | no
            ``                           | {"__type":"a.b#Unrecognized","message":"m"} | Unrecognized       | m
            ``                           | {"message":"only this"}                  | ``                    | only this
            ValidationException          | {}                                       | ValidationException   | ``
            """)
    void readsErrorsWhereverTheirTypeStands(String header, String body, String type, String message) {
        for (var format : formats().toList()) {
            var action = format.equals(INVOKE) ? "invoke" : "converse";
            var headers = header.isEmpty() ? Map.<String, String>of() : Map.of("x-amzn-errortype", header);

            var answer = document(format, action, body, headers);

            assertThat(answer.error())
                    .isEqualTo(new AnswerError(type.isEmpty() ? null : type, null, message.isEmpty() ? null : message));
            assertThat(answer.finishReason()).isEqualTo(FinishReason.ERROR);
            assertThat(answer.model()).isNull();
            assertThat(answer.complete()).isFalse();
        }
    }

    @Test
    void countsTokensForNothing() {
        var answer = document(INVOKE, "count-tokens", "{\"inputTokens\":42}", Map.of());

        assertThat(answer.countedTokens()).isEqualTo(42);
        assertThat(answer.usage()).isNull();
    }

    // Frames.

    @ParameterizedTest
    @MethodSource("formats")
    void putsItsLastWordsBetweenFramesAndNowhereElse(WireFormat format) {
        var error = format.errorEvent(Framing.AWS_EVENTS, new WireError(WireError.Kind.UPSTREAM_TRUNCATED, 502, "cut"));
        var frame = event("{\"contentBlockIndex\":0,\"delta\":{\"text\":\"x\"}}");
        for (int end = 0; end <= frame.length; end++) {
            var reader = streamOf(format);
            Feeding.pieces(reader, Arrays.copyOf(frame, end));

            var last = reader.lastWords(error);

            assertThat(last.isEmpty()).as("at %d", end).isEqualTo(end > 0 && end < frame.length);
            if (!last.isEmpty()) {
                reader.read(last);
                assertThat(reader.answer().error())
                        .isEqualTo(new AnswerError("modelStreamErrorException", null, "cut"));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("formats")
    void saysNothingBehindABrokenFrame(WireFormat format) {
        var frame = event("{}");
        frame[frame.length - 1] ^= 1;
        var reader = streamOf(format);

        assertThat(Feeding.pieces(reader, frame)).isEqualTo(frame);
        reader.read(ByteString.fromArray(event("{\"stopReason\":\"end_turn\"}")));

        assertThat(reader.lastWords(ByteString.fromString("x")).isEmpty()).isTrue();
        assertThat(reader.answer().complete()).isFalse();
        assertThat(reader.answer().model()).isNull();
    }

    @Property(tries = 300)
    void readsTheSameFromAnyBase64HoweverItIsWritten(@ForAll long seed) {
        // Given
        var random = new Random(seed);
        var text = "grüß 👋 ÿÿÿ???>>>".repeat(1 + random.nextInt(200));
        var event = "{\"type\":\"content_block_delta\",\"delta\":{\"text\":\"" + text + "\"}}"
                + " ".repeat(random.nextInt(3));
        var base64 = Base64.getEncoder().encodeToString(event.getBytes(StandardCharsets.UTF_8));
        var written = random.nextBoolean() ? base64 : base64.replace("/", "\\/").replace("+", "\\u002b");
        var frame = event("{\"bytes\":\"" + (random.nextBoolean() ? written : written.replace("=", "")) + "\"}");
        // When
        var reader = streamOf(INVOKE);
        Feeding.pieces(reader, frame, random.ints(5, 0, frame.length).sorted().toArray());
        // Then
        assertThat(reader.answer().textChars()).isEqualTo(text.codePointCount(0, text.length()));
    }

    @Property(tries = 500)
    void passesDamagedBytesOnAndNeverThrows(@ForAll @Size(max = 300) byte[] garbage, @ForAll long seed) {
        var random = new Random(seed);
        for (var format : formats().toList()) {
            for (var body : List.of(garbage, damaged(random))) {
                for (var type : List.of(EVENTS, "application/json")) {
                    var reader = reader(format, format.equals(INVOKE) ? "invoke" : "converse", type, Map.of());
                    var cuts = random.ints(random.nextInt(12), 0, body.length + 1)
                            .sorted()
                            .toArray();

                    assertThat(Feeding.pieces(reader, body, cuts)).isEqualTo(body);
                    assertThat(reader.answer().complete()).isFalse();
                }
            }
        }
    }

    /** Frames that look like answers and end nothing, with payloads of any kind, and one byte that is not as it was. */
    private static byte[] damaged(Random random) {
        var payloads = List.of(
                "{\"bytes\":\"=\"}",
                "{\"bytes\":5}",
                "{\"bytes\":\"ey\",\"bytes\":\"Jo\"}",
                "{\"bytes\":[\"e\"]}",
                "",
                "[",
                "{\"usage\":",
                "{\"usage\":{\"inputTokens\":1e99,\"cacheDetails\":[{\"ttl\":\"1h\",\"inputTokens\":-5}]}}",
                "{\"start\":{\"toolUse\":{}}}",
                "{\"delta\":{\"toolUse\":{\"input\":\"{\"}}}");
        var bytes = new ByteArrayOutputStream();
        for (int i = random.nextInt(6); i >= 0; i--) {
            bytes.writeBytes(event(payloads.get(random.nextInt(payloads.size()))));
        }
        var body = bytes.toByteArray();
        if (random.nextBoolean()) {
            body[random.nextInt(body.length)] ^= (byte) (1 + random.nextInt(255));
        }
        return body;
    }

    @Test
    void readsAnEventOfSixteenMegabytesForNothing() {
        var event = "{\"type\":\"content_block_delta\",\"delta\":{\"text\":\"" + "a".repeat(12_000_000) + "\"}}";
        var frame = ByteString.fromArray(chunk(event));
        var reader = streamOf(INVOKE);
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        reader.read(frame.take(1000));

        long before = threads.getCurrentThreadAllocatedBytes();
        reader.read(frame.drop(1000));
        long garbage = threads.getCurrentThreadAllocatedBytes() - before;

        assertThat(garbage).isLessThan(1024 * 1024);
        assertThat(reader.answer().textChars()).isEqualTo(12_000_000);
    }

    @Test
    void boundsWhatIsKeptOfToolArguments() {
        var reader = streamOf(CONVERSE);
        reader.read(ByteString.fromArray(
                event("{\"contentBlockIndex\":1,\"start\":{\"toolUse\":{\"toolUseId\":\"t\",\"name\":\"f\"}}}")));
        var piece = ByteString.fromArray(
                event("{\"contentBlockIndex\":1,\"delta\":{\"toolUse\":{\"input\":\"" + "é".repeat(100_001) + "\"}}}"));
        for (int i = 0; i < 30; i++) {
            reader.read(piece);
        }

        var arguments = reader.answer().toolCalls().getFirst().arguments();
        assertThat(arguments.getBytes(StandardCharsets.UTF_8).length)
                .isBetween(AnswerReader.MAX_ARGUMENT_BYTES - 2, AnswerReader.MAX_ARGUMENT_BYTES);
        assertThat(reader.answer().outputChars()).isEqualTo(30 * 100_001);
    }

    @Test
    void leavesOutCallsThatTheProviderRuns() {
        var answer = document(
                CONVERSE,
                "converse",
                "{\"output\":{\"message\":{\"content\":[{\"toolUse\":{\"toolUseId\":\"a\",\"name\":\"search\",\"type\":\"server_tool_use\",\"input\":{}}},"
                        + "{\"toolUse\":{\"toolUseId\":\"b\",\"name\":\"f\",\"input\":{\"x\":[1]}}}]}},\"stopReason\":\"tool_use\"}",
                Map.of());

        assertThat(answer.toolCalls()).containsExactly(new ToolCall("b", "f", "{\"x\":[1]}", true));
    }

    @Test
    void namesTheModelThatAPromptRouterChose() {
        var answer = document(
                CONVERSE,
                "converse",
                "{\"stopReason\":\"end_turn\",\"trace\":{\"promptRouter\":{\"invokedModelId\":\"arn:chosen\"}},\"serviceTier\":{\"type\":\"flex\"}}",
                Map.of());

        assertThat(answer.model()).isEqualTo("arn:chosen");
        assertThat(answer.serviceTier()).isEqualTo("flex");
    }
}

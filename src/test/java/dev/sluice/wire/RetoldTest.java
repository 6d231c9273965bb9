package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.assertj.core.api.SoftAssertions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is told again of an answer means what the answer meant: read by the readers of documents, or by people. */
class RetoldTest {
    private static final Set<String> NEVER_TOLD = Set.of("openai_speech", "openai_images");

    /** What two answers to one question differ in. */
    private static final Set<String> OWN = Set.of(
            "id", "created", "responseId", "createTime", "metrics", "annotations", "service_tier", "serviceTier");

    /** Streams that answer another question than the document of their name. */
    private static final Set<String> OTHER_QUESTIONS = Set.of(
            "bedrock-invoke/basic-stream",
            "bedrock-invoke/cached-reasoning-stream",
            "gemini/tools-stream",
            "llama-cpp/basic-stream",
            "openai-completions/basic-stream",
            "openai-transcriptions/basic-stream",
            "vllm/basic-stream");

    static Stream<Fixture> all() {
        return Fixture.all();
    }

    static Stream<Fixture> streams() {
        return all().filter(RetoldTest::isTold).filter(it -> it.framing() != Framing.DOCUMENT || isArray(it));
    }

    private static boolean isTold(Fixture fixture) {
        return !NEVER_TOLD.contains(fixture.wireFormat().name());
    }

    private static boolean isArray(Fixture fixture) {
        return fixture.bytes().head() == '[';
    }

    private static byte @Nullable [] told(Fixture fixture) {
        return Retold.answer(fixture.wireFormat().name(), fixture.framing(), fixture.plain());
    }

    private static Answer read(AnswerReader reader, byte[] bytes) {
        Feeding.pieces(reader, bytes);
        return reader.answer();
    }

    @ParameterizedTest
    @MethodSource("streams")
    void aStreamToldAsADocumentReadsAsTheStreamDid(Fixture fixture) throws IOException {
        var streamed = read(fixture.plainReader(fixture.framing()), fixture.plain());
        var told = told(fixture);
        if (told == null) {
            assertThat(streamed.outputChars()).isZero();
            return;
        }
        var answer = read(fixture.plainReader(Framing.DOCUMENT), told);

        var softly = new SoftAssertions();
        softly.assertThat(answer.textChars()).as("text").isEqualTo(streamed.textChars());
        softly.assertThat(calls(answer)).as("calls").isEqualTo(calls(streamed));
        softly.assertThat(answer.error()).as("error").isEqualTo(errorOfADocument(fixture, streamed));
        softly.assertThat(answer.model()).as("model").isEqualTo(streamed.model());
        softly.assertThat(answer.responseId()).as("id").isEqualTo(streamed.responseId());
        softly.assertThat(answer.serviceTier()).as("tier").isEqualTo(streamed.serviceTier());
        softly.assertThat(answer.reportedCostUsd()).as("cost").isEqualTo(streamed.reportedCostUsd());
        if (!fixture.name().startsWith("metrics-only")) {
            softly.assertThat(answer.usage()).as("usage").isEqualTo(streamed.usage());
        }
        if (streamed.complete()) {
            softly.assertThat(answer.finishReason()).as("reason").isEqualTo(streamed.finishReason());
            softly.assertThat(answer.finishReasonRaw()).as("reason").isEqualTo(streamed.finishReasonRaw());
        }
        softly.assertAll();
    }

    /** A document of Amazon's has no place for an exception; it stands under its name. */
    private static Answer.@Nullable AnswerError errorOfADocument(Fixture fixture, Answer streamed) {
        var error = streamed.error();
        if (error != null && error.type() != null && fixture.framing() == Framing.AWS_EVENTS) {
            assertThat(new String(told(fixture), StandardCharsets.UTF_8)).contains("\"" + error.type() + "\":{");
            return null;
        }
        return error;
    }

    /** A call whose arguments are equal when they are the same JSON. */
    private record Called(@Nullable String id, String name, Object arguments, boolean json) {}

    private static List<Called> calls(Answer answer) {
        return answer.toolCalls().stream()
                .map(call -> new Called(call.id(), call.name(), arguments(call), call.json()))
                .toList();
    }

    private static Object arguments(ToolCall call) {
        try {
            return Fixture.JSON.readTree(call.arguments().isEmpty() ? "{}" : call.arguments());
        } catch (JsonProcessingException e) {
            return call.arguments();
        }
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void aStreamIsToldAsTheDocumentThatWouldHaveCome(Fixture fixture) throws IOException {
        var document = Fixture.of(fixture.format(), documentOf(fixture));

        assertThat(common(Fixture.JSON.readTree(told(fixture))))
                .isEqualTo(common(Fixture.JSON.readTree(document.body())));
    }

    static Stream<Fixture> pairs() {
        var names = all().map(Fixture::toString).collect(Collectors.toSet());
        return streams()
                .filter(it -> it.name().endsWith("-stream") && names.contains(it.format() + "/" + documentOf(it)))
                .filter(it -> !OTHER_QUESTIONS.contains(it.toString()));
    }

    private static String documentOf(Fixture fixture) {
        return fixture.name().replace("-stream", "");
    }

    /** Without what is nothing, or the answer's own. */
    private static JsonNode common(JsonNode node) {
        if (node instanceof ObjectNode object) {
            object.remove(OWN);
            object.properties()
                    .removeIf(field -> field.getValue().isNull()
                            || (field.getValue().isContainerNode()
                                    && field.getValue().isEmpty()));
        }
        node.forEach(RetoldTest::common);
        return node;
    }

    @ParameterizedTest
    @MethodSource("all")
    void whateverIsCutOffIsToldAsFarAsItCame(Fixture fixture) throws IOException {
        var plain = fixture.plain();
        var told = 0;
        for (int end = 0; end <= plain.length; end += 1 + end / 100) {
            var cut = Arrays.copyOf(plain, end);
            var answer = Retold.answer(fixture.wireFormat().name(), fixture.framing(), cut);
            Retold.events(fixture.framing(), cut, 1000);
            if (answer != null) {
                assertThat(Fixture.JSON.readTree(answer).isContainerNode()).isTrue();
                // More bytes tell more; only how numbers and lists are written may make it shorter.
                told = Math.max(told, answer.length);
                assertThat(answer.length).isGreaterThan(told / 2);
            }
        }
    }

    @Property(tries = 100)
    void bytesThatAreNothingAreToldAsNothingAndBreakNothing(@ForAll byte[] bytes, @ForAll long seed) {
        var random = new Random(seed);
        for (var format : WireFormats.ALL) {
            for (var framing : Framing.values()) {
                assertThatCode(() -> Retold.answer(format.name(), framing, bytes))
                        .doesNotThrowAnyException();
            }
            Retold.userMessage(format.name(), bytes);
        }
        var framing = List.of(Framing.values()).get(random.nextInt(3));
        var max = random.nextInt(50);
        var events = Retold.events(framing, bytes, max);
        assertThat(events.stream().mapToInt(String::length).sum()).isLessThanOrEqualTo(max);
    }

    @Property(tries = 100)
    void eventsOfAnyShapeBreakNothing(@ForAll long seed) throws IOException {
        var random = new Random(seed);
        for (var format : List.of(oneOf(random), oneOf(random), oneOf(random))) {
            var stream = new StringBuilder();
            for (int i = random.nextInt(12); i > 0; i--) {
                stream.append(random.nextInt(9) == 0 ? "event: error\n" : "")
                        .append("data: ")
                        .append(Scrambled.event(random))
                        .append("\n\n");
            }
            var told =
                    Retold.answer(format.name(), Framing.SSE, stream.toString().getBytes(StandardCharsets.UTF_8));
            if (told != null) {
                assertThat(Fixture.JSON.readTree(told).isObject()).isTrue();
            }
        }
    }

    private static WireFormat oneOf(Random random) {
        return WireFormats.ALL.get(random.nextInt(WireFormats.ALL.size()));
    }

    /** Events of real streams in which values have changed places. */
    private static final class Scrambled {
        private static final List<JsonNode> EVENTS = streams()
                .flatMap(it -> Retold.events(it.framing(), it.plain(), 100_000).stream())
                .flatMap(it -> Stream.ofNullable(JsonTrees.read(it)))
                .filter(JsonNode::isObject)
                .toList();

        static JsonNode event(Random random) {
            var event = pick(random).deepCopy();
            for (int i = random.nextInt(4); i > 0; i--) {
                scramble(event, random);
            }
            return event;
        }

        private static JsonNode pick(Random random) {
            return EVENTS.get(random.nextInt(EVENTS.size()));
        }

        private static void scramble(JsonNode node, Random random) {
            if (node instanceof ObjectNode object && !object.isEmpty()) {
                var names = object.properties().stream().map(Map.Entry::getKey).toList();
                var name = names.get(random.nextInt(names.size()));
                if (random.nextBoolean() && object.get(name).isContainerNode()) {
                    scramble(object.get(name), random);
                } else {
                    object.set(name, other(random));
                }
            } else if (node instanceof ArrayNode array && !array.isEmpty()) {
                scramble(array.get(random.nextInt(array.size())), random);
            }
        }

        private static JsonNode other(Random random) {
            var nodes = Fixture.JSON.getNodeFactory();
            return switch (random.nextInt(7)) {
                case 0 -> nodes.nullNode();
                case 1 -> nodes.numberNode(random.nextLong());
                case 2 -> nodes.textNode("text");
                case 3 -> nodes.booleanNode(true);
                case 4 -> nodes.arrayNode().add(pick(random).deepCopy()).add(1);
                case 5 -> nodes.objectNode();
                default -> pick(random).deepCopy();
            };
        }
    }

    @Test
    void aDocumentIsItself() {
        for (var json : List.of("{\"a\":1.0}", " [1, 2]\n", "{\"é\":\"\"}")) {
            var bytes = json.getBytes(StandardCharsets.UTF_8);
            assertThat(Retold.answer("openai_chat", Framing.DOCUMENT, bytes)).isSameAs(bytes);
        }
    }

    @Test
    void ofABrokenDocumentWhatCameIsTold() {
        assertThat(document("{\"a\":[1,{\"b\":\"text\",\"c\":\"cut o")).isEqualTo("{\"a\":[1,{\"b\":\"text\"}]}");
        assertThat(document("{\"a\":1.50,\"b\":<html>")).isEqualTo("{\"a\":1.50}");
        assertThat(document("{\"a\":1}{\"b\":2}")).isEqualTo("{\"a\":1}");
        assertThat(document("\uFEFF{\"a\":1}")).isEqualTo("{\"a\":1}");
        assertThat(document("{\"a\":\"\u0000")).isEqualTo("{}");
        for (var nothing : List.of("", "  ", "<html></html>", "1", "\"text\"", "RIFF\u0001\u0002")) {
            assertThat(document(nothing)).as(nothing).isNull();
        }
    }

    private static @Nullable String document(String text) {
        return string(Retold.answer("openai_chat", Framing.DOCUMENT, text.getBytes(StandardCharsets.UTF_8)));
    }

    private static @Nullable String string(byte @Nullable [] bytes) {
        return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
    }

    private static JsonNode sse(String format, String... events) throws IOException {
        var stream = String.join(
                "", Arrays.stream(events).map(it -> "data: " + it + "\n\n").toList());
        var told = Retold.answer(format, Framing.SSE, stream.getBytes(StandardCharsets.UTF_8));
        assertThat(told).isNotNull();
        return Fixture.JSON.readTree(told);
    }

    @Test
    void aChatCompletionKeepsWhatNobodyKnows() throws IOException {
        var told = sse("openai_chat", """
                {"id":"c","object":"chat.completion.chunk","obfuscation":"xx","choices":[{"index":1,"delta":{"role":"assistant","content":"b"},"logprobs":{"content":[{"token":"b"}]}}]}""", """
                {"id":"c","x_new":{"k":1},"choices":[{"index":0,"delta":{"content":"a","reasoning_details":[{"index":0,"type":"reasoning.text","text":"th"}]},"token_ids":[1]}]}""", """
                {"id":"c","choices":[{"index":0,"delta":{"content":"\\ud83d","reasoning_details":[{"index":0,"type":"reasoning.text","text":"ink"}]},"token_ids":[2,3]},{"index":1,"delta":{"content":"c"},"logprobs":{"content":[{"token":"c"}]},"finish_reason":"stop"}]}""", """
                {"id":"c","choices":[{"index":0,"delta":{"content":"\\udde3","tool_calls":[{"index":0,"id":"1","function":{"name":"f","arguments":""}},{"index":1,"id":"2","type":"custom","custom":{"name":"g","input":"x"}}]}}]}""", """
                {"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"custom":{"input":"y"}},{"index":0,"function":{"arguments":"{}"}}]},"finish_reason":"tool_calls"}]}""", "[DONE]");

        assertThat(told).isEqualTo(Fixture.JSON.readTree("""
                {"id":"c","object":"chat.completion","x_new":{"k":1},"choices":[
                  {"index":0,"message":{"content":"a\\ud83d\\udde3","reasoning_details":[{"index":0,"type":"reasoning.text","text":"think"}],
                    "tool_calls":[{"id":"1","function":{"name":"f","arguments":"{}"}},{"id":"2","type":"custom","custom":{"name":"g","input":"xy"}}]},
                   "token_ids":[1,2,3],"finish_reason":"tool_calls"},
                  {"index":1,"message":{"role":"assistant","content":"bc"},"logprobs":{"content":[{"token":"b"},{"token":"c"}]},"finish_reason":"stop"}]}
                """));
    }

    @Test
    void aMessageKeepsSourcesAndWhatNobodyKnows() throws IOException {
        var told = sse("anthropic_messages", """
                {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[],"usage":{"input_tokens":5,"output_tokens":1}}}""", """
                {"type":"content_block_start","index":0,"content_block":{"type":"text","text":"","citations":[]}}""", """
                {"type":"content_block_delta","index":0,"delta":{"type":"citations_delta","citation":{"type":"page_location"}}}""", """
                {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"See"}}""", """
                {"type":"content_block_delta","index":0,"delta":{"type":"shimmer_delta","shimmer":7}}""", """
                {"type":"new_event","index":0}""", """
                {"type":"message_delta","delta":{"stop_reason":"end_turn","container":{"id":"x"}},"usage":{"output_tokens":9},"context_management":{"applied_edits":[]}}""");

        assertThat(told).isEqualTo(Fixture.JSON.readTree("""
                {"id":"m","type":"message","role":"assistant","content":[
                  {"type":"text","text":"See","citations":[{"type":"page_location"}],"shimmer":7}],
                 "usage":{"input_tokens":5,"output_tokens":9},"stop_reason":"end_turn","container":{"id":"x"},
                 "context_management":{"applied_edits":[]}}
                """));
    }

    @Test
    void aResponseThatBrokeOffIsToldByItsDeltas() throws IOException {
        var events = Retold.events(
                Framing.SSE, Fixture.of("openai-responses", "tools-stream").plain(), Integer.MAX_VALUE);
        var all = sse("openai_responses", events.toArray(String[]::new));
        var unfinished = events.stream()
                .filter(it -> !it.contains(".done\"") && !it.contains("response.completed"))
                .toArray(String[]::new);

        var told = sse("openai_responses", unfinished);

        assertThat(told.at("/status").asText()).isEqualTo("in_progress");
        assertThat(told.at("/output/1/arguments")).isEqualTo(all.at("/output/1/arguments"));
        assertThat(told.at("/output/2/input")).isEqualTo(all.at("/output/2/input"));
    }

    @Test
    void aLastEventWithoutOutputTakesNoneAway() throws IOException {
        var told = sse("openai_responses", """
                {"type":"response.output_item.done","output_index":0,"item":{"type":"message","content":[{"type":"output_text","text":"kept"}]}}""", """
                {"type":"response.completed","response":{"id":"r","status":"completed","output":[]}}""");

        assertThat(told.at("/output/0/content/0/text").asText()).isEqualTo("kept");
    }

    @Test
    void geminiJoinsTextButNotWhatIsSealedOrThought() throws IOException {
        var told = sse(
                "gemini_generate_content",
                part("{\"text\":\"a\",\"thought\":true}"),
                part("{\"text\":\"b\",\"thought\":true}"),
                part("{\"text\":\"c\"}"),
                part("{\"text\":\"d\",\"thoughtSignature\":\"s\"}"),
                part("{\"text\":\"e\"}"),
                part("{\"text\":\"\",\"thoughtSignature\":\"t\"}"),
                part("{\"inlineData\":{\"data\":\"\"}}"),
                part("{\"text\":\"\"}"));

        assertThat(told.at("/candidates/0/content/parts")).isEqualTo(Fixture.JSON.readTree("""
                [{"text":"ab","thought":true},{"text":"c"},{"text":"d","thoughtSignature":"s"},{"text":"e","thoughtSignature":"t"},{"inlineData":{"data":""}}]
                """));
    }

    private static String part(String json) {
        return "{\"candidates\":[{\"content\":{\"parts\":[" + json + "]}}]}";
    }

    @Test
    void ofOtherVendorsOnBedrockTheTextIsTold() throws IOException {
        assertThat(
                        sse(
                                "bedrock_model_invoke",
                                "{\"generation\":\"a\",\"prompt_token_count\":3,\"stop_reason\":null}",
                                "{\"generation\":\"b\",\"prompt_token_count\":null,\"generation_token_count\":2,\"stop_reason\":\"stop\"}"))
                .isEqualTo(
                        Fixture.JSON.readTree(
                                "{\"generation\":\"ab\",\"prompt_token_count\":3,\"stop_reason\":\"stop\",\"generation_token_count\":2}"));
        assertThat(sse(
                                "bedrock_model_invoke",
                                "{\"messageStart\":{\"role\":\"assistant\"}}",
                                "{\"contentBlockDelta\":{\"contentBlockIndex\":0,\"delta\":{\"text\":\"hi\"}}}",
                                "{\"messageStop\":{\"stopReason\":\"end_turn\"}}",
                                "{\"metadata\":{\"usage\":{\"inputTokens\":1}}}")
                        .toString())
                .isEqualTo(
                        "{\"stopReason\":\"end_turn\",\"usage\":{\"inputTokens\":1},\"output\":{\"message\":{\"role\":\"assistant\",\"content\":[{\"text\":\"hi\"}]}}}");
        assertThat(
                        sse(
                                "bedrock_model_invoke",
                                "{\"outputText\":\"a\",\"index\":0,\"inputTextTokenCount\":3}",
                                "{\"outputText\":\"b\",\"index\":0,\"totalOutputTextTokenCount\":2,\"completionReason\":\"FINISH\"}"))
                .isEqualTo(
                        Fixture.JSON.readTree(
                                "{\"inputTextTokenCount\":3,\"results\":[{\"tokenCount\":2,\"outputText\":\"ab\",\"completionReason\":\"FINISH\"}]}"));
    }

    @Test
    void aTextInAHundredThousandPiecesTakesNoTimeToSpeakOf() {
        var pieces = 100_000;
        var stream = "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"text\":\"0123456789\"}}\n\n"
                .repeat(pieces)
                .getBytes(StandardCharsets.UTF_8);

        assertTimeout(
                Duration.ofSeconds(20),
                () -> assertThat(Retold.answer("anthropic_messages", Framing.SSE, stream))
                        .hasSizeGreaterThan(10 * pieces));
    }

    @Test
    void eventsAreToldAsTheyCameUpToABound() {
        var stream = "event: a\ndata: {\"a\":1}\ndata: 2\n\n: note\n\ndata: [DONE]\n\ndata: {\"torn"
                .getBytes(StandardCharsets.UTF_8);

        assertThat(Retold.events(Framing.SSE, stream, 100)).containsExactly("{\"a\":1}\n2", "[DONE]");
        assertThat(Retold.events(Framing.SSE, stream, 10)).containsExactly("{\"a\":1}\n2");
        assertThat(Retold.events(Framing.SSE, stream, 8)).isEmpty();
        assertThat(Retold.events(Framing.DOCUMENT, "{}".getBytes(StandardCharsets.UTF_8), 2))
                .containsExactly("{}");
        assertThat(Retold.events(Framing.DOCUMENT, new byte[] {'R', (byte) 0xFF}, 100))
                .isEmpty();
        var invoke = Fixture.of("bedrock-invoke", "basic-stream");
        assertThat(Retold.events(Framing.AWS_EVENTS, invoke.plain(), 100_000))
                .first()
                .asString()
                .startsWith("{\"type\":\"message_start\"");
    }

    @Test
    void theUsersLastMessageIsFound() {
        assertThat(
                        said(
                                "openai_chat",
                                "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\"}]}"))
                .isEqualTo("a");
        assertThat(
                        said(
                                "openai_chat",
                                "{\"messages\":[{\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"image_url\",\"image_url\":{\"text\":\"no\"}},{\"type\":\"text\",\"text\":\"b\"}],\"role\":\"user\"}],\"model\":\"m\"}"))
                .isEqualTo("a\nb");
        assertThat(
                        said(
                                "anthropic_messages",
                                "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"content\":\"r\"}]}]}"))
                .isEqualTo("a");
        assertThat(said("openai_responses", "{\"input\":\"a\"}")).isEqualTo("a");
        assertThat(
                        said(
                                "openai_responses",
                                "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"a\"}]},{\"type\":\"reasoning\",\"content\":[{\"text\":\"no\"}]},{\"type\":\"function_call_output\",\"output\":\"no\"}]}"))
                .isEqualTo("a");
        assertThat(
                        said(
                                "gemini_generate_content",
                                "{\"contents\":[{\"parts\":[{\"text\":\"a\"}]},{\"role\":\"model\",\"parts\":[{\"text\":\"b\"}]}]}"))
                .isEqualTo("a");
        assertThat(said("bedrock_converse", "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"a\"}]}]}"))
                .isEqualTo("a");
        assertThat(said("bedrock_model_invoke", "{\"inputText\":\"a\"}")).isEqualTo("a");
        assertThat(said("openai_completions", "{\"prompt\":[\"a\",\"b\"]}")).isEqualTo("b");
        assertThat(said("openai_embeddings", "{\"input\":\"a\"}")).isNull();
        assertThat(said("openai_chat", "{\"messages\":[]}")).isNull();
        assertThat(said("openai_chat", "--form")).isNull();
        assertThat(said("nobody_knows", "{\"messages\":\"a\"}")).isNull();
    }

    private static @Nullable String said(String format, String request) {
        return Retold.userMessage(format, request.getBytes(StandardCharsets.UTF_8));
    }
}

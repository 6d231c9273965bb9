package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.sluice.wire.gemini.GenerateContentAnswers;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Gemini's answers: whole, as events and as an array, in any order of fields, cut anywhere, damaged. */
class GenerateContentAnswersTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final ByteString ERROR = ByteString.fromString("{\"error\":{\"code\":502}}");

    private static final List<String> ELEMENTS = List.of(
            "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":%s}],\"role\":\"model\"},\"index\":0}],\"modelVersion\":\"m\"}",
            "{\"candidates\": [{\"index\": 1, \"content\": {\"parts\": [{\"thought\": true, \"text\": %s}]}}]}",
            "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"args\":{\"a\":%s},\"name\":\"f\"}}]}}]}",
            "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"g\",\"willContinue\":true}},{\"functionCall\":{\"partialArgs\":[{\"jsonPath\":\"$.a\",\"stringValue\":%s}]}}]}}]}",
            "{\"candidates\":[{\"finishReason\":\"STOP\",\"index\":0,\"x\":%s}],\"usageMetadata\":{\"promptTokenCount\":3,\"candidatesTokenCount\":4}}",
            "{\"usageMetadata\":{\"trafficType\":%s}}",
            "{\"promptFeedback\":{\"blockReason\":\"OTHER\",\"blockReasonMessage\":%s}}",
            "{\"error\":{\"code\":503,\"status\":\"UNAVAILABLE\",\"message\":%s}}");
    private static final List<String> TEXTS =
            List.of("", "Hello", "]", "},{", "\"finishReason\":\"STOP\"", "grüß 👋", "\\\\", "[{");

    private static Answer read(AnswerReader reader, String text) {
        Feeding.pieces(reader, text.getBytes(StandardCharsets.UTF_8));
        return reader.answer();
    }

    private static Answer array(String text) {
        return read(GenerateContentAnswers.array(null), text);
    }

    private static Answer json(String text) {
        return read(GenerateContentAnswers.json(null), text);
    }

    private static String arrayOf(Random random) {
        var elements = random.ints(random.nextInt(6), 0, ELEMENTS.size())
                .mapToObj(i -> ELEMENTS.get(i).formatted(quoted(TEXTS.get(random.nextInt(TEXTS.size())))))
                .toList();
        var space = List.of("", "\r\n", " ", "\n,\n".replace(",", "")).get(random.nextInt(4));
        return space + "[" + space + String.join(space + "," + space, elements) + space + "]" + space;
    }

    private static String quoted(String text) {
        return JSON.getNodeFactory().textNode(text).toString();
    }

    @Property(tries = 1_000)
    void readsAnyArrayAlikeHoweverItIsCut(@ForAll long seed) {
        // Given
        var random = new Random(seed);
        var body = arrayOf(random).getBytes(StandardCharsets.UTF_8);
        var whole = GenerateContentAnswers.array(null);
        var cut = GenerateContentAnswers.array(null);
        // When
        Feeding.pieces(whole, body);
        var sent = Feeding.pieces(
                cut,
                body,
                random.ints(random.nextInt(12), 0, body.length + 1).sorted().toArray());
        // Then
        assertThat(cut.answer()).isEqualTo(whole.answer());
        assertThat(sent).isEqualTo(body);
    }

    @Property(tries = 500)
    void readsAnArrayAsItWouldTheSameEvents(@ForAll long seed) throws Exception {
        // Given
        var text = arrayOf(new Random(seed));
        var events = new StringBuilder();
        JSON.readTree(text)
                .forEach(element -> events.append("data: ").append(element).append("\r\n\r\n"));
        // Then
        assertThat(array(text)).isEqualTo(read(GenerateContentAnswers.stream(null), events.toString()));
    }

    /** Wherever an array breaks off, what is added makes it a whole one with the error at its end, or nothing is added. */
    @Property(tries = 300)
    void putsLastWordsWhereTheyMakeTheArrayWhole(@ForAll long seed) throws Exception {
        var body = arrayOf(new Random(seed)).getBytes(StandardCharsets.UTF_8);
        for (var end = 0; end <= body.length; end++) {
            // Given
            var reader = GenerateContentAnswers.array(null);
            var sent = Feeding.pieces(reader, Arrays.copyOf(body, end));
            // When
            var last = reader.lastWords(ERROR);
            // Then
            var isOpen = !isJson(sent)
                    && isJson(ByteString.fromArray(sent).concat(last).toArray());
            if (last.isEmpty()) {
                var text = new String(sent, StandardCharsets.UTF_8).strip();
                assertThat(isJson(sent)
                                || !(text.isEmpty() || text.endsWith("[") || text.endsWith("}"))
                                || isInsideElement(text))
                        .as(text)
                        .isTrue();
            } else {
                assertThat(isOpen || end == 0).isTrue();
                var elements = (ArrayNode)
                        JSON.readTree(ByteString.fromArray(sent).concat(last).toArray());
                assertThat(elements.get(elements.size() - 1).at("/error/code").asInt())
                        .isEqualTo(502);
                assertThat(reader.answer().complete()).isFalse();
            }
        }
    }

    private static boolean isInsideElement(String text) {
        return !isJson((text + "]").getBytes(StandardCharsets.UTF_8));
    }

    private static boolean isJson(byte[] bytes) {
        try (var parser = JSON.createParser(bytes)) {
            JsonNode node = parser.readValueAsTree();
            return node != null && parser.nextToken() == null;
        } catch (java.io.IOException e) {
            return false;
        }
    }

    @Property(tries = 1_000)
    void passesGarbageOnAndNeverThrows(@ForAll @Size(max = 300) byte[] garbage, @ForAll long seed) {
        var random = new Random(seed);
        var body = random.nextBoolean() ? garbage : damaged(random);
        for (var reader : List.<Supplier<AnswerReader>>of(
                () -> GenerateContentAnswers.array(null),
                () -> GenerateContentAnswers.json(null),
                () -> GenerateContentAnswers.stream(null),
                GenerateContentAnswers::countTokens)) {
            var reading = reader.get();
            var cuts =
                    random.ints(random.nextInt(9), 0, body.length + 1).sorted().toArray();
            assertThat(Feeding.pieces(reading, body, cuts)).isEqualTo(body);
            assertThat(reading.lastWords(ERROR)).isNotNull();
            assertThat(reading.answer()).isNotNull();
        }
    }

    private static byte[] damaged(Random random) {
        var body = arrayOf(random).getBytes(StandardCharsets.UTF_8);
        for (var i = random.nextInt(4); i > 0; i--) {
            body[random.nextInt(body.length)] = (byte) "{}[]\",:\\u0 ".charAt(random.nextInt(11));
        }
        return Arrays.copyOf(body, random.nextInt(body.length + 1));
    }

    @Test
    void isCompleteOnceFinishedAndClosed() {
        var finished = "[{\"candidates\":[{\"finishReason\":\"STOP\"}]}";

        assertThat(array(finished).complete()).isFalse();
        assertThat(array(finished + "\r\n]").complete()).isTrue();
        assertThat(array("[{\"candidates\":[{\"content\":{}}]}]").complete()).isFalse();
        assertThat(array("[]").complete()).isFalse();
        assertThat(array("{\"candidates\":[{\"finishReason\":\"STOP\"}]}").complete())
                .isTrue();
    }

    @Test
    void isCompleteWhenEveryCandidateHasFinished() {
        // Given
        var first = "[{\"candidates\":[{\"index\":0,\"finishReason\":\"STOP\"},{\"index\":1}]}";
        // Then
        assertThat(array(first + "]").complete()).isFalse();
        assertThat(array(first + ",{\"candidates\":[{\"index\":1,\"finishReason\":\"MAX_TOKENS\"}]}]"))
                .matches(Answer::complete)
                .extracting(Answer::finishReason)
                .isEqualTo(FinishReason.STOP);
    }

    @Test
    void keepsThoughtsOutOfTheText() {
        // When
        var answer = json("{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"hm\",\"thought\":true},"
                + "{\"text\":\"Yes\"},{\"thought\":false,\"text\":\"!\"}]},\"finishReason\":\"STOP\"},"
                + "{\"index\":1,\"content\":{\"parts\":[{\"text\":\"other\"}]}}]}");
        // Then
        assertThat(answer.textChars()).isEqualTo(4);
        assertThat(answer.outputChars()).isEqualTo(11);
    }

    @Test
    void takesTheLastTotalsThatTellAPrompt() {
        // When
        var answer = array("[{\"usageMetadata\":{\"promptTokenCount\":10,\"thoughtsTokenCount\":5}},"
                + "{\"usageMetadata\":{\"promptTokenCount\":10,\"cachedContentTokenCount\":4,\"candidatesTokenCount\":7}},"
                + "{\"usageMetadata\":{\"trafficType\":\"ON_DEMAND\"}}]");
        // Then
        assertThat(answer.usage()).isEqualTo(new Usage(6, 4, 0, 0, 7, 0, 0, 0, 0, 0, 0));
        assertThat(answer.serviceTier()).isEqualTo("ON_DEMAND");
    }

    @Test
    void tellsSoundAndPicturesApart() {
        // When
        var answer = json("{\"usageMetadata\":{\"promptTokenCount\":100,\"cachedContentTokenCount\":30,"
                + "\"candidatesTokenCount\":50,\"toolUsePromptTokenCount\":8,"
                + "\"promptTokensDetails\":[{\"tokenCount\":40,\"modality\":\"AUDIO\"},{\"modality\":\"IMAGE\",\"tokenCount\":20},{\"modality\":\"TEXT\",\"tokenCount\":40}],"
                + "\"cacheTokensDetails\":[{\"modality\":\"AUDIO\",\"tokenCount\":30}],"
                + "\"candidatesTokensDetails\":[{\"modality\":\"IMAGE\",\"tokenCount\":44}]}}");
        // Then
        assertThat(answer.usage()).isEqualTo(new Usage(78, 30, 0, 0, 50, 0, 10, 0, 20, 44, 0));
    }

    @Test
    void countsSearchesOnceHoweverOftenTheyAreTold() {
        // Given
        var told = "{\"candidates\":[{\"groundingMetadata\":{\"webSearchQueries\":[\"a \\\"b\\\"\",\"c\\\\\"]}}]}";
        // When
        var answer = array("[{\"usageMetadata\":{\"promptTokenCount\":1}}," + told + "," + told + "]");
        // Then
        assertThat(answer.usage()).isEqualTo(Usage.ofText(1, 0).withWebSearches(2));
    }

    @Test
    void countsWhatPredictionsEmbed() {
        var answer = json(
                "{\"predictions\":[{\"embeddings\":{\"statistics\":{\"truncated\":false,\"token_count\":4},\"values\":[0.1]}},"
                        + "{\"embeddings\":{\"values\":[0.1],\"statistics\":{\"token_count\":5.0}}}]}");

        assertThat(answer.usage()).isEqualTo(Usage.ofText(9, 0));
        assertThat(answer.complete()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "STOP, STOP",
        "MAX_TOKENS, LENGTH",
        "SAFETY, CONTENT_FILTER",
        "RECITATION, CONTENT_FILTER",
        "SPII, CONTENT_FILTER",
        "MALFORMED_FUNCTION_CALL, OTHER",
        "SOMETHING_NEW, OTHER"
    })
    void saysWhyAnAnswerEnded(String raw, FinishReason reason) {
        var answer = json("{\"candidates\":[{\"finishReason\":\"" + raw + "\"}]}");

        assertThat(answer.finishReason()).isEqualTo(reason);
        assertThat(answer.finishReasonRaw()).isEqualTo(raw);
    }

    @Test
    void putsArgumentsTogetherByTheirPaths() throws Exception {
        // Given
        var pieces = List.of(
                "{\"jsonPath\":\"$.files[0].name\",\"stringValue\":\"a\\\"\"}",
                "{\"jsonPath\":\"$.files[0].name\",\"stringValue\":\".txt\"}",
                "{\"jsonPath\":\"$.files[1]['odd name']\",\"numberValue\":1.5}",
                "{\"jsonPath\":\"$.none\",\"nullValue\":\"NULL_VALUE\"}",
                "{\"jsonPath\":\"$.yes\",\"boolValue\":true}",
                "{\"jsonPath\":\"$.list[0]\",\"numberValue\":1},{\"jsonPath\":\"$.list[1]\",\"numberValue\":2}",
                // Nowhere to stand.
                "{\"jsonPath\":\"files\",\"numberValue\":9},{\"jsonPath\":\"$.list[7]\",\"numberValue\":9},{\"jsonPath\":\"$..x\",\"numberValue\":9},{\"jsonPath\":\"$[0]\",\"numberValue\":9},{\"jsonPath\":\"$.a[\",\"numberValue\":9}");
        var events = new StringBuilder(
                "[{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"f\",\"willContinue\":true}}]}}]}");
        pieces.forEach(piece -> events.append(
                        ",{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"partialArgs\":[")
                .append(piece)
                .append("],\"willContinue\":true}}]}}]}"));
        events.append(
                ",{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{}}]},\"finishReason\":\"STOP\"}]}]");
        // When
        var answer = array(events.toString());
        // Then
        assertThat(answer.finishReason()).isEqualTo(FinishReason.TOOL_CALLS);
        assertThat(JSON.readTree(answer.toolCalls().getFirst().arguments()))
                .isEqualTo(
                        JSON.readTree(
                                "{\"files\":[{\"name\":\"a\\\".txt\"},{\"odd name\":1.5}],\"none\":null,\"yes\":true,\"list\":[1,2]}"));
    }

    @Test
    void boundsWhatIsKeptOfArgumentsInPieces() {
        // Given
        var reader = GenerateContentAnswers.array(null);
        var event =
                "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"f\"}},{\"functionCall\":{\"partialArgs\":[{\"jsonPath\":\"$.a\",\"stringValue\":\""
                        + "x".repeat(100_000) + "\"}]}},{\"functionCall\":{}}]}}]}";
        // When
        Feeding.pieces(reader, ("[" + event + ("," + event).repeat(40) + "]").getBytes(StandardCharsets.UTF_8));
        // Then
        var kept = reader.answer().toolCalls().stream()
                .mapToInt(call -> call.arguments().length())
                .sum();
        assertThat(kept).isBetween(AnswerReader.MAX_ARGUMENT_BYTES / 2, AnswerReader.MAX_ARGUMENT_BYTES + 1_000);
    }

    @Test
    void believesTheHeadOfAnAnswerUntilItsBodyTellsTheTier() {
        assertThat(read(GenerateContentAnswers.json("flex"), "{}").serviceTier())
                .isEqualTo("flex");
        assertThat(read(GenerateContentAnswers.json("flex"), "{\"usageMetadata\":{\"serviceTier\":\"priority\"}}")
                        .serviceTier())
                .isEqualTo("priority");
    }
}

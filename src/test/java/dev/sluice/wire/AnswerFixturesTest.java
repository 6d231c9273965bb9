package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every recorded answer means what its truth says, however the network cuts it. */
class AnswerFixturesTest {
    private static final Pattern SIGN_OF_COMPLETION = Pattern.compile(
            "^data: .*(\"finish_reason\":\"|\"finishReason\":\"|message_stop|response.completed|response.incomplete"
                    + "|image_generation.completed|speech.audio.done|transcript.text.done)");

    static Stream<Fixture> fixtures() {
        return Fixture.all();
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void readsTheTruthFromAWholeAnswer(Fixture fixture) {
        var reader = fixture.reader();

        var sent = Feeding.pieces(reader, fixture.body());

        assertThat(sent).isEqualTo(fixture.body());
        check(fixture, reader.answer());
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void readsTheSameFromAnAnswerSplitAtAnyByte(Fixture fixture) {
        var whole = fixture.reader();
        Feeding.pieces(whole, fixture.body());

        for (int cut = 0; cut <= fixture.body().length; cut++) {
            var reader = fixture.reader();
            var sent = Feeding.pieces(reader, fixture.body(), cut);
            assertThat(reader.answer()).as("cut at %d", cut).isEqualTo(whole.answer());
            assertThat(sent).isEqualTo(fixture.body());
        }
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void readsTheSameByteByByte(Fixture fixture) {
        var whole = fixture.reader();
        Feeding.pieces(whole, fixture.body());
        var reader = fixture.reader();

        var sent = Feeding.pieces(reader, fixture.body(), Feeding.everyByte(fixture.body()));

        assertThat(reader.answer()).isEqualTo(whole.answer());
        assertThat(sent).isEqualTo(fixture.body());
    }

    @ParameterizedTest
    @MethodSource("streams")
    void isNotCompleteBeforeTheSignOfCompletionHasArrivedWhole(Fixture fixture) {
        for (int end = 0; end < fixture.body().length; end++) {
            var prefix = Arrays.copyOf(fixture.body(), end);
            var reader = fixture.reader();
            Feeding.pieces(reader, prefix);

            boolean signed = new String(prefix, StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> SIGN_OF_COMPLETION.matcher(line).find())
                    .anyMatch(line -> isJson(line.substring("data: ".length())));
            assertThat(reader.answer().complete()).as("cut at %d", end).isEqualTo(signed);
        }
    }

    static Stream<Fixture> streams() {
        return fixtures()
                .filter(fixture -> fixture.stream() && !fixture.name().contains("gzip"))
                .filter(fixture -> !fixture.expected().has("error"));
    }

    private static boolean isJson(String text) {
        try {
            Fixture.JSON.readTree(text);
            return true;
        } catch (JsonProcessingException e) {
            return false;
        }
    }

    private static void check(Fixture fixture, Answer answer) {
        var expected = fixture.expected();
        var softly = new SoftAssertions();
        checkUsage(softly, expected, answer.usage());
        checkCalls(softly, expected.get("tool_calls"), answer);
        softly.assertThat(answer.finishReason())
                .isEqualTo(
                        expected.get("finish_reason").isNull()
                                ? null
                                : FinishReason.valueOf(
                                        expected.get("finish_reason").asText().toUpperCase(Locale.ROOT)));
        softly.assertThat(answer.finishReasonRaw()).isEqualTo(text(expected, "finish_reason_raw"));
        softly.assertThat(answer.model()).isEqualTo(text(expected, "model"));
        var text = expected.get("text").asText();
        softly.assertThat(answer.textChars()).as("text").isEqualTo(text.codePointCount(0, text.length()));
        softly.assertThat(answer.outputChars()).as("output").isGreaterThanOrEqualTo(answer.textChars());
        if (expected.has("service_tier")) {
            softly.assertThat(answer.serviceTier()).isEqualTo(text(expected, "service_tier"));
        }
        if (expected.has("response_id")) {
            softly.assertThat(answer.responseId()).isEqualTo(text(expected, "response_id"));
        }
        if (expected.has("reported_cost_usd")) {
            softly.assertThat(answer.reportedCostUsd())
                    .isEqualByComparingTo(expected.get("reported_cost_usd").decimalValue());
        } else {
            softly.assertThat(answer.reportedCostUsd()).isNull();
        }
        softly.assertThat(answer.countedTokens())
                .isEqualTo(
                        expected.has("counted_tokens")
                                ? (Long) expected.get("counted_tokens").asLong()
                                : null);
        checkEnding(softly, expected, answer);
        softly.assertAll();
    }

    private static void checkUsage(SoftAssertions softly, JsonNode expected, @Nullable Usage usage) {
        if (expected.get("input_tokens").isNull()) {
            softly.assertThat(usage).isNull();
            return;
        }
        softly.assertThat(usage)
                .isEqualTo(new Usage(
                        expected.get("input_tokens").asLong(),
                        expected.get("cached_input_tokens").asLong(),
                        expected.get("cache_write_5m_tokens").asLong(),
                        expected.get("cache_write_1h_tokens").asLong(),
                        expected.get("output_tokens").asLong(),
                        expected.get("reasoning_tokens").asLong(),
                        expected.path("input_audio_tokens").asLong(),
                        expected.path("output_audio_tokens").asLong(),
                        expected.path("input_image_tokens").asLong(),
                        expected.path("output_image_tokens").asLong(),
                        expected.path("web_searches").asLong()));
    }

    private static void checkCalls(SoftAssertions softly, JsonNode expected, Answer answer) {
        softly.assertThat(answer.toolCalls()).hasSize(expected.size());
        for (int i = 0; i < Math.min(expected.size(), answer.toolCalls().size()); i++) {
            var call = answer.toolCalls().get(i);
            softly.assertThat(call.id()).isEqualTo(text(expected.get(i), "id"));
            softly.assertThat(call.name()).isEqualTo(text(expected.get(i), "name"));
            if (expected.get(i).has("arguments_raw")) {
                softly.assertThat(call.arguments()).isEqualTo(text(expected.get(i), "arguments_raw"));
            } else {
                softly.assertThat(arguments(call)).isEqualTo(expected.get(i).get("arguments"));
            }
        }
    }

    private static JsonNode arguments(ToolCall call) {
        if (!call.json()) {
            return Fixture.JSON.getNodeFactory().textNode(call.arguments());
        }
        try {
            return Fixture.JSON.readTree(call.arguments().isEmpty() ? "{}" : call.arguments());
        } catch (JsonProcessingException e) {
            throw new AssertionError(call.arguments(), e);
        }
    }

    private static void checkEnding(SoftAssertions softly, JsonNode expected, Answer answer) {
        boolean whole = !expected.has("error") && !expected.has("truncated") && !expected.has("corrupt");
        softly.assertThat(answer.complete()).as("complete").isEqualTo(whole);
        if (expected.has("error")) {
            var error = expected.get("error");
            softly.assertThat(answer.error())
                    .isEqualTo(
                            new Answer.AnswerError(text(error, "type"), text(error, "code"), text(error, "message")));
        } else {
            softly.assertThat(answer.error()).isNull();
        }
    }

    private static @Nullable String text(JsonNode node, String field) {
        var value = node.get(field);
        return value == null || value.isNull() ? null : value.asText();
    }
}

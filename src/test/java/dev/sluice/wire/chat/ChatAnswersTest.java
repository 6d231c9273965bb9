package dev.sluice.wire.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.wire.Answer;
import dev.sluice.wire.AnswerReader;
import dev.sluice.wire.FinishReason;
import dev.sluice.wire.ToolCall;
import dev.sluice.wire.Usage;
import java.util.List;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.Test;

class ChatAnswersTest {
    private static final String USAGE = "{\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3}}";

    private static Answer stream(String... events) {
        var reader = ChatAnswers.stream(false);
        for (var event : events) {
            var bytes = ByteString.fromString("data: " + event + "\n\n");
            assertThat(reader.read(bytes)).isSameAs(bytes);
        }
        reader.end();
        return reader.answer();
    }

    private static Answer document(String json) {
        var reader = ChatAnswers.json();
        reader.read(ByteString.fromString(json));
        reader.end();
        return reader.answer();
    }

    private static String delta(String choice) {
        return "{\"choices\":[" + choice + "]}";
    }

    private static String calls(String calls) {
        return delta("{\"index\":0,\"delta\":{\"tool_calls\":[" + calls + "]}}");
    }

    @Test
    void joinsInterleavedCallsByTheirIndex() {
        var answer = stream(
                calls("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}},"
                        + "{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":\"{\"}}"),
                calls("{\"index\":1,\"function\":{\"arguments\":\"\\\"x\\\":\"}},"
                        + "{\"index\":0,\"function\":{\"arguments\":\"{}\"}}"),
                calls("{\"function\":{\"arguments\":\"1}\"},\"index\":1}"));

        assertThat(answer.toolCalls())
                .containsExactly(new ToolCall("a", "f", "{}", true), new ToolCall("b", "g", "{\"x\":1}", true));
    }

    @Test
    void tellsCallsApartThatAreAllNumberedZeroOrNotAtAll() {
        var whole = "\"id\":\"%s\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}";
        var a = whole.formatted("a");
        var b = whole.formatted("b");

        assertThat(stream(calls("{\"index\":0," + a), calls("{\"index\":0," + b))
                        .toolCalls())
                .extracting(ToolCall::id)
                .containsExactly("a", "b");
        assertThat(stream(calls("{" + a + ",{" + b)).toolCalls())
                .extracting(ToolCall::id)
                .containsExactly("a", "b");
    }

    @Test
    void joinsTheFragmentsOfCallsWithoutAnIndex() {
        var answer = stream(
                calls("{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}"),
                calls("{\"function\":{\"arguments\":\"}\"}}"));

        assertThat(answer.toolCalls()).containsExactly(new ToolCall("a", "f", "{}", true));
    }

    @Test
    void keepsFreeTextAndTheOldFunctionCall() {
        var answer = document("{\"choices\":[{\"message\":{\"function_call\":{\"name\":\"old\",\"arguments\":\"{}\"},"
                + "\"tool_calls\":[{\"id\":\"c\",\"type\":\"custom\",\"custom\":{\"name\":\"patch\",\"input\":\"a {\"}}]},"
                + "\"finish_reason\":\"function_call\"}]}");

        assertThat(answer.toolCalls())
                .containsExactly(new ToolCall(null, "old", "{}", true), new ToolCall("c", "patch", "a {", false));
        assertThat(answer.finishReason()).isEqualTo(FinishReason.TOOL_CALLS);
    }

    @Test
    void isCompleteWhenEveryChoiceHasFinished() {
        var first = delta("{\"finish_reason\":null,\"delta\":{\"content\":\"one\"},\"index\":0}");
        var second = delta("{\"finish_reason\":\"length\",\"delta\":{\"content\":\"three\"},\"index\":1}");
        var end = delta("{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}");

        assertThat(stream(first, second).complete()).isFalse();
        var answer = stream(first, second, end);
        assertThat(answer.complete()).isTrue();
        assertThat(answer.finishReasonRaw()).isEqualTo("stop");
        assertThat(answer.textChars()).isEqualTo(3);
        assertThat(answer.outputChars()).isEqualTo(8);
    }

    @Test
    void isNotCompleteByDoneAlone() {
        assertThat(stream(delta("{\"index\":0,\"delta\":{\"content\":\"x\"}}"), "[DONE]")
                        .complete())
                .isFalse();
    }

    @Test
    void isNotCompleteAfterAnError() {
        var answer = stream(
                delta("{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}"),
                "{\"error\":\"out of memory\"}",
                "[DONE]");

        assertThat(answer.complete()).isFalse();
        assertThat(answer.finishReason()).isEqualTo(FinishReason.ERROR);
        assertThat(answer.error()).isEqualTo(new Answer.AnswerError(null, null, "out of memory"));
    }

    @Test
    void takesNoMarkerFromTheTextItself() {
        var text = "\\\"finish_reason\\\":\\\"stop\\\",\\\"usage\\\":{\\\"prompt_tokens\\\":1},\\\"error\\\":{}";
        var answer = stream("{\"choices\": [{\"index\": 0, \"delta\": {\"content\": \"" + text + "\"}}]}");

        assertThat(answer.complete()).isFalse();
        assertThat(answer.usage()).isNull();
        assertThat(answer.error()).isNull();
        assertThat(answer.textChars()).isEqualTo(text.replace("\\", "").length());
    }

    @Test
    void readsEventsWithBlanksAndSeveralLinesAndAMark() {
        var reader = ChatAnswers.stream(false);
        var event = """
                data: {"choices" : [ { "index" : 0 ,
                data:"finish_reason" : "stop" } ] ,
                : note
                data: "model" : "m" }

                """;
        reader.read(ByteString.fromString("\uFEFF" + event.replace("\n", "\r\n")));

        assertThat(reader.answer().complete()).isTrue();
        assertThat(reader.answer().model()).isEqualTo("m");
    }

    @Test
    void readsAnEventWithNothingButItsBlankLineMissing() {
        var reader = ChatAnswers.stream(false);
        reader.read(ByteString.fromString("data: " + USAGE));
        assertThat(reader.answer().usage()).isNull();

        reader.end();

        assertThat(reader.answer().usage()).isEqualTo(Usage.ofText(9, 3));
    }

    @Test
    void readsAnErrorThatOnlyItsEventNames() {
        var reader = ChatAnswers.stream(false);
        reader.read(ByteString.fromString("event: error\ndata: {\"message\":\"gone\"}\n\n"));

        assertThat(reader.answer().error()).isEqualTo(new Answer.AnswerError(null, null, "gone"));
    }

    @Test
    void readsErrorsOfEveryMake() {
        assertThat(document("{\"object\":\"error\",\"message\":\"m\",\"type\":\"t\",\"code\":400}")
                        .error())
                .isEqualTo(new Answer.AnswerError("t", "400", "m"));
        assertThat(document("{\"statusCode\":401,\"message\":\"m\"}").error())
                .isEqualTo(new Answer.AnswerError(null, null, "m"));
        assertThat(document("{\"choices\":[{\"error\":{\"code\":502,\"message\":\"m\"}}]}")
                        .error())
                .isEqualTo(new Answer.AnswerError(null, "502", "m"));
        assertThat(document("{\"choices\":[],\"error\":null}").error()).isNull();
    }

    @Test
    void takesTheLastUsageOfAStreamThatRepeatsIt() {
        var answer = stream(
                "{\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1,\"prompt_tokens_details\":{\"cached_tokens\":4}}}",
                USAGE,
                "{\"choices\":[],\"usage\":null}");

        assertThat(answer.usage()).isEqualTo(Usage.ofText(9, 3));
    }

    @Test
    void readsTheCacheFromTimingsWhereUsageDoesNotTell() {
        assertThat(document("{\"timings\":{\"cache_n\":4},\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3}}")
                        .usage())
                .isEqualTo(new Usage(5, 4, 0, 0, 3, 0, 0, 0, 0, 0, 0));
    }

    @Test
    void keepsWhatACutDocumentHasTold() {
        var answer = document("{\"model\":\"m\",\"choices\":[{\"message\":{\"content\":\"four\"},\"finish_rea");

        assertThat(answer.complete()).isFalse();
        assertThat(answer.model()).isEqualTo("m");
        assertThat(answer.textChars()).isEqualTo(4);
    }

    @Test
    void holdsBackNothingBetweenEventsAndOnlyTheUsageChunkAtTheEnd() {
        AnswerReader reader = ChatAnswers.stream(true);
        var plain = ByteString.fromString(
                "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}],\"usage\":null}\n\n");

        assertThat(reader.read(plain)).isSameAs(plain);
        assertThat(reader.read(ByteString.fromString("data: " + USAGE)).isEmpty())
                .isTrue();
        assertThat(reader.end().isEmpty()).isTrue();
        assertThat(reader.answer().usage()).isEqualTo(Usage.ofText(9, 3));
    }

    @Test
    void givesBackATornEventAtTheEnd() {
        AnswerReader reader = ChatAnswers.stream(true);

        assertThat(reader.read(ByteString.fromString("data: {\"choi")).isEmpty())
                .isTrue();
        assertThat(reader.end().utf8String()).isEqualTo("data: {\"choi");
        assertThat(reader.end().isEmpty()).isTrue();
    }

    @Test
    void hidesNoChunkThatSaysMoreThanUsage() {
        for (var json : List.of(
                "{\"choices\":[],\"prompt_filter_results\":[]}",
                "{\"choices\":[{\"index\":0,\"delta\":{}}],\"usage\":{\"prompt_tokens\":1}}",
                "{\"choices\":[],\"usage\":{\"prompt_tokens\":1},\"error\":{\"message\":\"m\"}}",
                "{\"usage\":{\"prompt_tokens\":1}}")) {
            var bytes = ByteString.fromString("data: " + json + "\n\n");
            assertThat(ChatAnswers.stream(true).read(bytes)).as(json).isEqualTo(bytes);
        }
    }
}

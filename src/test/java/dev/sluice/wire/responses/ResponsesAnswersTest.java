package dev.sluice.wire.responses;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.wire.Answer;
import dev.sluice.wire.FinishReason;
import dev.sluice.wire.ToolCall;
import dev.sluice.wire.Usage;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.Test;

class ResponsesAnswersTest {
    private static Answer stream(String... events) {
        var reader = ResponsesAnswers.stream();
        for (var event : events) {
            reader.read(ByteString.fromString("data: " + event + "\n\n"));
        }
        reader.end();
        return reader.answer();
    }

    private static Answer document(String json) {
        var reader = ResponsesAnswers.json();
        reader.read(ByteString.fromString(json));
        reader.end();
        return reader.answer();
    }

    private static String added(int index, String item) {
        return "{\"type\":\"response.output_item.added\",\"output_index\":" + index + ",\"item\":" + item + "}";
    }

    @Test
    void keepsTheCallsOfAStreamThatBrokeOff() {
        var answer = stream(
                added(0, "{\"type\":\"function_call\",\"call_id\":\"a\",\"name\":\"f\",\"arguments\":\"\"}"),
                added(1, "{\"type\":\"custom_tool_call\",\"call_id\":\"b\",\"name\":\"p\",\"input\":\"\"}"),
                added(2, "{\"type\":\"web_search_call\",\"id\":\"ws\",\"action\":{\"query\":\"q\"}}"),
                "{\"type\":\"response.custom_tool_call_input.delta\",\"output_index\":1,\"delta\":\"+x\"}",
                "{\"type\":\"response.function_call_arguments.delta\",\"output_index\":0,\"delta\":\"{\"}",
                "{\"delta\":\"}\",\"output_index\":0,\"type\":\"response.function_call_arguments.delta\"}");

        assertThat(answer.toolCalls())
                .containsExactly(new ToolCall("a", "f", "{}", true), new ToolCall("b", "p", "+x", false));
        assertThat(answer.complete()).isFalse();
        assertThat(answer.usage()).isNull();
        assertThat(answer.outputChars()).isEqualTo(4);
    }

    @Test
    void keepsWhatWasStreamedWhenTheLastEventRepeatsNothing() {
        var answer = stream(
                "{\"type\":\"response.output_text.delta\",\"delta\":\"Hello\"}",
                added(1, "{\"type\":\"function_call\",\"call_id\":\"a\",\"name\":\"f\",\"arguments\":\"{}\"}"),
                "{\"type\":\"response.completed\",\"response\":{\"output\":[],\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}}");

        assertThat(answer.textChars()).isEqualTo(5);
        assertThat(answer.toolCalls()).hasSize(1);
        assertThat(answer.finishReason()).isEqualTo(FinishReason.TOOL_CALLS);
        assertThat(answer.finishReasonRaw()).isEqualTo("completed");
        assertThat(answer.usage()).isEqualTo(Usage.ofText(1, 2));
        assertThat(answer.complete()).isTrue();
    }

    @Test
    void takesUsageFromTheLastEventOnly() {
        assertThat(stream(
                                "{\"type\":\"response.in_progress\",\"response\":{\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}}")
                        .usage())
                .isNull();
    }

    @Test
    void namesTheToolsThatOpenAiDefinesByTheirType() {
        var answer = document("{\"status\":\"completed\",\"output\":["
                + "{\"type\":\"local_shell_call\",\"call_id\":\"a\",\"action\":{\"command\":[\"ls\"]}},"
                + "{\"type\":\"shell_call\",\"call_id\":\"b\",\"action\":{},\"environment\":{\"type\":\"local\"}},"
                + "{\"type\":\"shell_call\",\"call_id\":\"c\",\"action\":{},\"environment\":{\"type\":\"container_reference\"}},"
                + "{\"type\":\"apply_patch_call\",\"call_id\":\"d\",\"operation\":{\"type\":\"delete_file\"}},"
                + "{\"type\":\"mcp_call\",\"id\":\"e\",\"name\":\"m\",\"arguments\":\"{}\"}]}");

        assertThat(answer.toolCalls())
                .containsExactly(
                        new ToolCall("a", "local_shell", "{\"command\":[\"ls\"]}", true),
                        new ToolCall("b", "shell", "{}", true),
                        new ToolCall("d", "apply_patch", "{\"type\":\"delete_file\"}", true));
    }

    @Test
    void takesAFailedResponseForAnErrorEvenWithoutAReason() {
        var streamed = stream("{\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"error\":null}}");
        var whole = document("{\"status\":\"failed\",\"error\":{\"code\":\"c\",\"message\":\"m\"}}");

        assertThat(streamed.error()).isEqualTo(new Answer.AnswerError(null, null, null));
        assertThat(streamed.complete()).isFalse();
        assertThat(whole.error()).isEqualTo(new Answer.AnswerError(null, "c", "m"));
        assertThat(whole.complete()).isFalse();
    }

    @Test
    void readsWhyAResponseIsIncomplete() {
        assertThat(document("{\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":\"content_filter\"}}"))
                .satisfies(answer -> {
                    assertThat(answer.finishReason()).isEqualTo(FinishReason.CONTENT_FILTER);
                    assertThat(answer.finishReasonRaw()).isEqualTo("incomplete:content_filter");
                });
    }

    @Test
    void leavesTheReasonOpenForAResponseInTheBackground() {
        var answer = document("{\"id\":\"resp_1\",\"status\":\"queued\",\"service_tier\":\"auto\",\"usage\":null}");

        assertThat(answer.finishReason()).isNull();
        assertThat(answer.finishReasonRaw()).isEqualTo("queued");
        assertThat(answer.serviceTier()).isNull();
        assertThat(answer.usage()).isNull();
    }

    @Test
    void countsReasoningAndRefusalsAsOutputOnly() {
        var answer = document(
                "{\"status\":\"completed\",\"output\":["
                        + "{\"type\":\"reasoning\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"abc\"}]},"
                        + "{\"type\":\"message\",\"content\":[{\"text\":\"four\",\"type\":\"output_text\"},{\"type\":\"refusal\",\"refusal\":\"no\"}]}]}");

        assertThat(answer.textChars()).isEqualTo(4);
        assertThat(answer.outputChars()).isEqualTo(9);
    }

    @Test
    void knowsAStreamThatGoesOnInTheBackgroundWhenItIsCut() {
        for (var status : new String[] {"queued", "in_progress"}) {
            var reader = ResponsesAnswers.stream();
            reader.read(
                    ByteString.fromString("event: response.created\ndata: {\"type\":\"response.created\",\"response\":"
                            + "{\"id\":\"resp_1\",\"status\":\""
                            + status + "\"}}\n\n"));
            reader.end();
            assertThat(reader.answer().isUnderWay()).isEqualTo(status.equals("queued"));
            assertThat(reader.answer().complete()).isFalse();
        }
    }

    @Test
    void knowsAResponseThatIsQueued() {
        var reader = ResponsesAnswers.json();
        reader.read(ByteString.fromString(
                "{\"id\":\"resp_1\",\"status\":\"queued\",\"background\":true,\"usage\":null,\"output\":[]}"));
        reader.end();
        assertThat(reader.answer().isUnderWay()).isTrue();
        assertThat(reader.answer().usage()).isNull();
    }
}

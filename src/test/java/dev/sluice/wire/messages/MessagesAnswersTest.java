package dev.sluice.wire.messages;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.wire.Answer;
import dev.sluice.wire.FinishReason;
import dev.sluice.wire.Usage;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.Test;

class MessagesAnswersTest {
    private static Answer stream(String... events) {
        var reader = MessagesAnswers.stream();
        for (var event : events) {
            reader.read(ByteString.fromString("event: x\ndata: " + event + "\n\n"));
        }
        reader.end();
        return reader.answer();
    }

    private static Answer document(String json) {
        var reader = MessagesAnswers.json();
        reader.read(ByteString.fromString(json));
        reader.end();
        return reader.answer();
    }

    private static String start(String usage) {
        return "{\"type\":\"message_start\",\"message\":{\"usage\":{" + usage + "}}}";
    }

    private static String delta(String usage) {
        return "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{" + usage + "}}";
    }

    private static Usage usage(long input, long read, long write5m, long write1h, long output) {
        return new Usage(input, read, write5m, write1h, output, 0, 0, 0, 0, 0, 0);
    }

    @Test
    void countsWritesThatCameLaterAsShortOnes() {
        var answer = stream(
                start("\"input_tokens\":10,\"cache_creation_input_tokens\":50,\"output_tokens\":1,"
                        + "\"cache_creation\":{\"ephemeral_5m_input_tokens\":20,\"ephemeral_1h_input_tokens\":30}"),
                delta("\"output_tokens\":5,\"cache_creation_input_tokens\":90,\"input_tokens\":null"),
                delta("\"output_tokens\":7"));

        assertThat(answer.usage()).isEqualTo(usage(10, 0, 60, 30, 7));
        assertThat(answer.complete()).isFalse();
    }

    @Test
    void billsTheSumOfAllIterations() {
        var answer = stream(
                start("\"input_tokens\":1,\"output_tokens\":1"),
                delta("\"output_tokens\":5,\"input_tokens\":2,\"iterations\":["
                        + "{\"type\":\"compaction\",\"input_tokens\":100,\"output_tokens\":10,\"cache_read_input_tokens\":3},"
                        + "{\"type\":\"message\",\"input_tokens\":2,\"output_tokens\":5,\"cache_creation_input_tokens\":9,"
                        + "\"cache_creation\":{\"ephemeral_1h_input_tokens\":4}}]"));

        assertThat(answer.usage()).isEqualTo(usage(102, 3, 5, 4, 15));
    }

    @Test
    void doesNotBillAnAttemptThatWasDeclinedBeforeItsFirstWord() {
        var iterations = "\"iterations\":[{\"type\":\"message\",\"input_tokens\":50,\"output_tokens\":0},"
                + "{\"type\":\"%s\",\"input_tokens\":60,\"output_tokens\":7}]";

        assertThat(stream(delta(iterations.formatted("fallback_message"))).usage())
                .isEqualTo(usage(60, 0, 0, 0, 7));
        assertThat(stream(delta(iterations.formatted("message"))).usage()).isEqualTo(usage(110, 0, 0, 0, 7));
    }

    @Test
    void keepsTheTotalsWhereThereAreNoIterations() {
        assertThat(stream(delta("\"input_tokens\":3,\"output_tokens\":4,\"iterations\":[]"))
                        .usage())
                .isEqualTo(usage(3, 0, 0, 0, 4));
    }

    @Test
    void readsWhatElseDecidesThePrice() {
        var answer = document("{\"usage\":{\"input_tokens\":1,\"output_tokens\":2,\"service_tier\":\"priority\","
                + "\"speed\":\"fast\",\"inference_geo\":\"us\",\"server_tool_use\":{\"web_search_requests\":3}}}");

        assertThat(answer.serviceTier()).isEqualTo("priority");
        assertThat(answer.speed()).isEqualTo("fast");
        assertThat(answer.inferenceGeo()).isEqualTo("us");
        assertThat(answer.usage()).isEqualTo(new Usage(1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 3));
    }

    @Test
    void takesAnInputThatComesWholeWithItsBlock() {
        var answer = stream("{\"index\":4,\"content_block\":{\"input\":{\"a\":[1,\"]\"]},\"name\":\"f\",\"id\":\"t\","
                + "\"type\":\"tool_use\"},\"type\":\"content_block_start\"}");

        assertThat(answer.toolCalls())
                .singleElement()
                .satisfies(call -> assertThat(call.arguments()).isEqualTo("{\"a\":[1,\"]\"]}"));
    }

    @Test
    void isCompleteByMessageStopAloneAndNotAfterAnError() {
        assertThat(stream(delta("\"output_tokens\":1")).complete()).isFalse();
        assertThat(stream("{\"type\": \"message_stop\"}").complete()).isTrue();
        var failed = stream(
                "{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"m\"}}",
                "{\"type\":\"message_stop\"}");
        assertThat(failed.complete()).isFalse();
        assertThat(failed.finishReason()).isEqualTo(FinishReason.ERROR);
    }

    @Test
    void countsEverythingGeneratedButOnlyTextAsText() {
        var answer = document(
                "{\"content\":[{\"type\":\"thinking\",\"thinking\":\"hmm\",\"signature\":\"abcdef\"},"
                        + "{\"type\":\"text\",\"text\":\"yes\"},{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{\"a\":1}}]}");

        assertThat(answer.textChars()).isEqualTo(3);
        assertThat(answer.outputChars()).isEqualTo(3 + 3 + 7);
    }

    @Test
    void neverTakesACountForUsage() {
        var reader = MessagesAnswers.countTokens();
        reader.read(ByteString.fromString(
                "{\"input_tokens\": 2095, \"context_management\": {\"original_input_tokens\": 7}}"));

        assertThat(reader.answer().countedTokens()).isEqualTo(2095);
        assertThat(reader.answer().usage()).isNull();
    }
}

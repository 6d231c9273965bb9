package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.sluice.wire.chat.ChatAnswers;
import dev.sluice.wire.gemini.GenerateContentAnswers;
import dev.sluice.wire.messages.MessagesAnswers;
import dev.sluice.wire.responses.ResponsesAnswers;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;

/** What holds for every stream of every format, whatever comes and however it is cut. */
class AnswerStreamsTest {
    private static final List<String> LINE_ENDS = List.of("\n", "\r\n", "\r");
    private static final List<String> TEXTS = List.of(
            "", "Hello", " \"finish_reason\":\"stop\" ", "\\\"usage\\\":{", "grüß 👋", "[DONE]\n\ndata: {}", "}}]}");

    private static final List<String> CHAT = List.of(
            "{\"id\":\"c1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":%s},\"finish_reason\":null}],\"usage\":null}",
            "{\"choices\": [{\"finish_reason\": null, \"delta\": {\"reasoning\": %s}, \"index\": 1}]}",
            "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"function\":{\"arguments\":%s},\"index\":1}]}}]}",
            "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":1,\"id\":\"x\",\"function\":{\"name\":\"f\",\"arguments\":%s}}]}}]}",
            "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"x\":%s}",
            "{\"choices\":[{\"index\":0,\"delta\":{}}],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2},\"x\":%s}",
            "{\"error\":{\"message\":%s,\"code\":500}}",
            "[DONE] %s",
            "{\"broken\": %s");

    private static final List<String> MESSAGES = List.of(
            "{\"type\":\"message_start\",\"message\":{\"id\":%s,\"model\":\"m\",\"content\":[],\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}",
            "{\"type\":\"content_block_start\",\"index\":2,\"content_block\":{\"type\":\"tool_use\",\"id\":%s,\"name\":\"f\",\"input\":{}}}",
            "{\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":%s}}",
            "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":%s}   }",
            "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":9},\"x\":%s}",
            "{\"type\":\"message_stop\",\"x\":%s}",
            "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":%s}}",
            "{\"type\": \"ping\", \"x\": %s}");

    private static final List<String> RESPONSES = List.of(
            "{\"type\":\"response.created\",\"response\":{\"id\":\"r\",\"model\":%s,\"output\":[]}}",
            "{\"delta\":%s,\"type\":\"response.output_text.delta\"}",
            "{\"type\":\"response.output_item.added\",\"output_index\":1,\"item\":{\"type\":\"function_call\",\"call_id\":\"x\",\"name\":%s,\"arguments\":\"\"}}",
            "{\"delta\":%s,\"output_index\":1,\"type\":\"response.function_call_arguments.delta\"}",
            "{\"type\":\"response.completed\",\"response\":{\"status\":\"completed\",\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":%s}]}],\"usage\":{\"input_tokens\":4,\"output_tokens\":2}}}",
            "{\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"x\",\"message\":%s}}}",
            "{\"type\":\"error\",\"code\":\"x\",\"message\":%s}");

    private static final List<String> GEMINI = List.of(
            "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":%s}],\"role\":\"model\"},\"index\":0}],\"modelVersion\":\"m\"}",
            "{\"candidates\": [{\"index\": 1, \"content\": {\"parts\": [{\"text\": %s, \"thought\": true}]}}]}",
            "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"f\",\"args\":{\"a\":[%s]}}}]}}]}",
            "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"g\"}}]}}]}",
            "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"partialArgs\":[{\"stringValue\":%s,\"jsonPath\":\"$.a[0]\"}]}}]}}]}",
            "{\"candidates\":[{\"finishReason\":\"STOP\",\"index\":0,\"groundingMetadata\":{\"webSearchQueries\":[%s]}}]}",
            "{\"usageMetadata\":{\"promptTokenCount\":3,\"candidatesTokenCount\":4,\"x\":%s}}",
            "{\"error\":{\"code\":503,\"status\":\"UNAVAILABLE\",\"message\":%s}}");

    private record Format(List<String> events, Supplier<AnswerReader> reader) {}

    private static final List<Format> FORMATS = List.of(
            new Format(CHAT, () -> ChatAnswers.stream(false)),
            new Format(MESSAGES, MessagesAnswers::stream),
            new Format(RESPONSES, ResponsesAnswers::stream),
            new Format(GEMINI, () -> GenerateContentAnswers.stream(null)));

    @Property(tries = 500)
    void readsAnyStreamAlikeHoweverItIsCut(@ForAll long seed) {
        var random = new Random(seed);
        for (var format : FORMATS) {
            var body = stream(random, format.events);
            var whole = format.reader.get();
            var cut = format.reader.get();

            Feeding.pieces(whole, body);
            var sent = Feeding.pieces(cut, body, cuts(random, body.length));

            assertThat(cut.answer()).isEqualTo(whole.answer());
            assertThat(sent).isEqualTo(body);
        }
    }

    @Property(tries = 500)
    void takesExactlyTheUsageChunkFromTheClient(@ForAll long seed) {
        var random = new Random(seed);
        var lineEnd = LINE_ENDS.get(random.nextInt(LINE_ENDS.size()));
        var full = new ByteArrayOutputStream();
        var rest = new ByteArrayOutputStream();
        for (int i = random.nextInt(8); i >= 0; i--) {
            var event = event(random, CHAT, lineEnd);
            full.writeBytes(event);
            rest.writeBytes(event);
            if (random.nextInt(3) == 0) {
                full.writeBytes(usageChunk(random, lineEnd));
            }
        }
        var body = full.toByteArray();
        var hiding = ChatAnswers.stream(true);
        var showing = ChatAnswers.stream(false);

        var sent = Feeding.pieces(hiding, body, cuts(random, body.length));
        Feeding.pieces(showing, body);

        assertThat(new String(sent, StandardCharsets.UTF_8)).isEqualTo(rest.toString(StandardCharsets.UTF_8));
        assertThat(hiding.answer()).isEqualTo(showing.answer());
    }

    private static byte[] usageChunk(Random random, String lineEnd) {
        var json = random.nextBoolean()
                ? "{\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}"
                : "{\"usage\": {\"completion_tokens\": 2}, \"choices\": [ ]}";
        return ("data: " + json + lineEnd + lineEnd).getBytes(StandardCharsets.UTF_8);
    }

    @Property(tries = 500)
    void passesGarbageOnAndNeverThrows(@ForAll @Size(max = 300) byte[] garbage, @ForAll long seed) {
        var random = new Random(seed);
        var body = random.nextBoolean() ? garbage : jsonish(random);
        var readers = List.<Supplier<AnswerReader>>of(
                () -> ChatAnswers.stream(false),
                () -> ChatAnswers.stream(true),
                ChatAnswers::json,
                ResponsesAnswers::stream,
                ResponsesAnswers::json,
                MessagesAnswers::stream,
                MessagesAnswers::json,
                MessagesAnswers::countTokens,
                MessagesAnswers::array,
                () -> GenerateContentAnswers.stream(null),
                () -> GenerateContentAnswers.array(null),
                () -> GenerateContentAnswers.json(null),
                () -> ContentCoding.wrap("gzip", MessagesAnswers.json()),
                () -> ContentCoding.wrap("deflate", ChatAnswers.json()),
                () -> ContentCoding.wrap("br", ChatAnswers.json()));
        for (var reader : readers) {
            var reading = reader.get();
            assertThat(Feeding.pieces(reading, body, cuts(random, body.length))).isEqualTo(body);
            assertThat(reading.answer().complete()).isFalse();
        }
    }

    // Pieces of the formats in any order, never closed: the more it looks like an answer, the deeper a reader goes.
    private static byte[] jsonish(Random random) {
        var words = List.of(
                "data: ",
                "event: error",
                "\n",
                "\r",
                "{",
                "[",
                "]",
                ":",
                ",",
                "\"",
                "\\",
                "\\u12",
                "\"choices\":[",
                "{\"usage\":{",
                "\"type\":",
                "\"delta\":",
                "\"content\":",
                "1e999999999",
                "-",
                "null",
                "\"error\":",
                "\u00e9",
                "\"message\":{");
        var text = new StringBuilder();
        for (int i = random.nextInt(60); i > 0; i--) {
            text.append(words.get(random.nextInt(words.size())));
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] stream(Random random, List<String> templates) {
        var lineEnd = LINE_ENDS.get(random.nextInt(LINE_ENDS.size()));
        var bytes = new ByteArrayOutputStream();
        if (random.nextInt(4) == 0) {
            bytes.writeBytes("\uFEFF".getBytes(StandardCharsets.UTF_8));
        }
        for (int i = random.nextInt(12); i >= 0; i--) {
            bytes.writeBytes(event(random, templates, lineEnd));
        }
        var body = bytes.toByteArray();
        return random.nextInt(3) > 0 ? body : java.util.Arrays.copyOf(body, random.nextInt(body.length + 1));
    }

    private static byte[] event(Random random, List<String> templates, String lineEnd) {
        var json = templates
                .get(random.nextInt(templates.size()))
                .formatted(quoted(TEXTS.get(random.nextInt(TEXTS.size()))));
        var lines = new ArrayList<String>();
        switch (random.nextInt(6)) {
            case 0 -> lines.add(": comment");
            case 1 -> lines.add("event: whatever");
            case 2 -> lines.add("id:");
            case 3 -> lines.add("retry");
            default -> {}
        }
        int comma = json.indexOf(',');
        if (comma > 0 && random.nextInt(4) == 0 && !json.startsWith("[DONE]") && !json.startsWith("{\"delta\"")) {
            lines.add("data: " + json.substring(0, comma + 1));
            lines.add("data:" + json.substring(comma + 1));
        } else {
            lines.add((random.nextBoolean() ? "data: " : "data:") + json);
        }
        return (String.join(lineEnd, lines) + lineEnd + lineEnd).getBytes(StandardCharsets.UTF_8);
    }

    private static String quoted(String text) {
        try {
            return Fixture.JSON.writeValueAsString(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    private static int[] cuts(Random random, int length) {
        return random.ints(random.nextInt(12), 0, length + 1).sorted().toArray();
    }
}

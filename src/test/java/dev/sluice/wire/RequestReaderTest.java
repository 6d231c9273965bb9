package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sluice.wire.RequestHead.JsonModel;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestReaderTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"model\":\"gpt-5.5\"}",
                "  \n\t{ \"model\" : \"gpt-5.5\" } \r\n",
                "\uFEFF{\"model\":\"gpt-5.5\"}",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"Grüße, 世界 🦊\"}],\"model\":\"gpt-5.5\"}",
                "{\"größe🦊\":\"ß\",\"model\"\n:\n\"gpt-5.5\",\"x\":1}",
                "{\"a\":\"\\\"\\\\\",\"model\":\"g\\u0070t\\u002d5.5\"}",
                "{\"mod\\u0065l\":\"gpt-5.5\"}"
            })
    void knowsToTheByteWhereTheModelStands(String json) throws BadRequest {
        // When
        var head = Heads.chat(json);
        // Then
        assertThat(head.model()).isEqualTo("gpt-5.5");
        var place = (JsonModel) head.place();
        assertThat(new String(Arrays.copyOfRange(Heads.utf8(json), place.start(), place.end()), StandardCharsets.UTF_8))
                .isIn("\"gpt-5.5\"", "\"g\\u0070t\\u002d5.5\"");
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            quoteCharacter = '^',
            value = {
                "^^ => body: empty (expected: one JSON object)",
                "^  ^ => body: empty (expected: one JSON object)",
                "nonsense => body: not JSON at byte",
                "{\"model\":\"m\" => body: ends at byte 12 amid its JSON",
                "{\"model\":\"m => body: ends at byte 11 amid its JSON",
                "{\"model\":\"m\"} x => body: not JSON at byte 1",
                "{\"model\":\"m\"}{\"model\":\"n\"} => body: more at byte 13 behind the JSON object",
                "{\"model\":\"m\"} 1 => body: more at byte 14 behind the JSON object",
                "{\"model\":\"m\",} => body: not JSON at byte",
                "{'model':'m'} => body: not JSON at byte",
                "{\"model\":\"m\",\"temperature\":NaN} => body: not JSON at byte",
                "{/**/\"model\":\"m\"} => body: not JSON at byte",
                "{\"model\":\"m\",\"x\":\"\\q\"} => body: not JSON at byte",
                "[{\"model\":\"m\"}] => body: an array (expected: one JSON object)",
                "\"model\" => body: a string (expected: one JSON object)",
                "null => body: null (expected: one JSON object)",
                "{} => model: missing (expected: the name of a model)",
                "{\"x\":{\"model\":\"m\"}} => model: missing (expected: the name of a model)",
                "{\"model\":null} => model: null (expected: a string)",
                "{\"model\":5} => model: the number 5 (expected: a string)",
                "{\"model\":[\"m\"]} => model: an array (expected: a string)",
                "{\"model\":\"\"} => model: empty (expected: the name of a model)",
                "{\"model\":\"a\\u0000b\"} => model: control characters (expected: the name of a model)",
                "{\"model\":\"a\\n\"} => model: control characters (expected: the name of a model)",
                "{\"model\":\"a\\ud800\"} => model: control characters (expected: the name of a model)",
                "{\"model\":\"a\",\"model\":\"b\"} => model: twice (expected: once)",
                "{\"model\":\"a\",\"x\":1,\"mod\\u0065l\":\"a\"} => model: twice (expected: once)",
                "{\"model\":\"a\",\"Model\":\"b\"} => model: spelled in another case (expected: model)",
                "{\"MODEL\":\"b\"} => model: spelled in another case (expected: model)",
                "{\"model\":\"a\",\"ſtream\":true} => stream: spelled in another case (expected: stream)",
                "{\"model\":\"a\",\"stream\":true,\"stream\":false} => stream: twice (expected: once)",
                "{\"model\":\"a\",\"stream\":null,\"stream\":null} => stream: twice (expected: once)",
                "{\"model\":\"a\",\"stream\":\"true\"} => stream: a string (expected: true, false or null)",
                "{\"model\":\"a\",\"stream\":1} => stream: the number 1 (expected: true, false or null)",
                "{\"model\":\"a\",\"stream_options\":{},\"stream_options\":{}} => stream_options: twice (expected: once)",
                "{\"model\":\"a\",\"stream_options\":[]} => stream_options: an array (expected: an object or null)",
                "{\"model\":\"a\",\"stream_options\":{\"include_usage\":1}} => stream_options.include_usage: the number 1",
                "{\"model\":\"a\",\"stream_options\":{\"include_usage\":true,\"include_usage\":false}} => stream_options.include_usage: twice",
                "{\"model\":\"a\",\"stream_options\":{\"Include_Usage\":true}} => stream_options.include_usage: spelled in another case",
                "{\"model\":\"a\",\"max_tokens\":-1} => max_tokens: the number -1 (expected: a whole number from 0)",
                "{\"model\":\"a\",\"max_tokens\":1.5} => max_tokens: the number 1.5 (expected: a whole number from 0)",
                "{\"model\":\"a\",\"max_tokens\":1e3} => max_tokens: the number 1e3 (expected: a whole number from 0)",
                "{\"model\":\"a\",\"max_tokens\":\"5\"} => max_tokens: a string (expected: a whole number from 0)",
                "{\"model\":\"a\",\"max_tokens\":9223372036854775808} => max_tokens: the number 9223372036854775808 (expected",
                "{\"model\":\"a\",\"max_tokens\":1,\"max_tokens\":1} => max_tokens: twice (expected: once)",
                "{\"model\":\"a\",\"max_completion_tokens\":true} => max_completion_tokens: true (expected",
                "{\"model\":\"a\",\"n\":0} => n: the number 0 (expected: a whole number from 1 to 10000)",
                "{\"model\":\"a\",\"n\":2,\"n\":3} => n: twice (expected: once)",
                "{\"model\":\"a\",\"n\":10001} => n: the number 10001 (expected",
                "{\"model\":\"a\",\"service_tier\":\"flex\",\"service_tier\":\"priority\"} => service_tier: twice (expected: once)",
            })
    void refusesWhatTheProviderMightReadInAnotherWay(String body, String message) {
        assertThatExceptionOfType(BadRequest.class)
                .isThrownBy(() -> Heads.chat(body))
                .withMessageStartingWith(message);
    }

    @ParameterizedTest
    @CsvSource({
        "UTF-16, body: not UTF-8 at byte 2",
        "UTF-16LE, body: not UTF-8 at byte 1",
        "UTF-16BE, body: not UTF-8 at byte 0",
        "UTF-32BE, body: not UTF-8 at byte 0",
        "ISO-8859-1, body: not UTF-8 at byte 10"
    })
    void refusesEveryEncodingButUtf8(Charset charset, String message) {
        // Given
        var body = "{\"model\":\"é\"}".getBytes(charset);
        // Then
        assertThatExceptionOfType(BadRequest.class)
                .isThrownBy(() -> Heads.read(Heads.CHAT, body, Map.of()))
                .withMessageStartingWith(message);
    }

    @Test
    void refusesANameInOverlongUtf8ThatOnlySomeParsersReadAsModel() {
        // Given
        var body = "{\"model\":\"a\",\"??odel\":\"b\"}".getBytes(StandardCharsets.ISO_8859_1);
        body[14] = (byte) 0xC1;
        body[15] = (byte) 0xAD;
        // Then
        assertThatExceptionOfType(BadRequest.class)
                .isThrownBy(() -> Heads.read(Heads.CHAT, body, Map.of()))
                .withMessageStartingWith("body: not UTF-8 at byte 14");
    }

    @Test
    void neverRepeatsTheBodyInItsMessages() {
        assertThatExceptionOfType(BadRequest.class)
                .isThrownBy(() -> Heads.chat("{\"model\":\"m\",\"messages\":[secret]}"))
                .withMessageNotContaining("secret");
    }

    @Test
    void takesAModelOf256CharactersAndNoLongerOne() throws BadRequest {
        assertThat(Heads.chat("{\"model\":\"%s\"}".formatted("m".repeat(256))).model())
                .hasSize(256);
        for (var length : new int[] {257, 1_000_000}) {
            assertThatExceptionOfType(BadRequest.class)
                    .isThrownBy(() -> Heads.chat("{\"model\":\"%s\"}".formatted("m".repeat(length))))
                    .withMessage("model: too long (expected: at most 256 characters)");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            value = {
                "\"max_tokens\":5 => 5",
                "\"max_completion_tokens\":7 => 7",
                "\"max_tokens\":5,\"max_completion_tokens\":7 => 7",
                "\"max_completion_tokens\":7,\"max_tokens\":5 => 7",
                "\"max_tokens\":0 => 0",
                "\"max_tokens\":null => -1",
                "\"max_tokens\":null,\"max_completion_tokens\":3 => 3",
                "\"x\":0 => -1",
                "\"metadata\":{\"max_tokens\":5} => -1"
            })
    void takesTheHighestOutputLimitThatIsSet(String fields, long limit) throws BadRequest {
        assertThat(Heads.chat("{\"model\":\"m\"," + fields + "}").maxOutputTokens())
                .isEqualTo(limit < 0 ? OptionalLong.empty() : OptionalLong.of(limit));
    }

    @Test
    void readsTheLimitOfEachFormatByItsOwnName() throws BadRequest {
        // Given
        var body = "{\"model\":\"m\",\"max_tokens\":1,\"max_output_tokens\":2,\"n\":3}";
        // Then
        assertThat(Heads.chat(body).maxOutputTokens()).hasValue(1);
        assertThat(Heads.responses(body).maxOutputTokens()).hasValue(2);
        assertThat(Heads.messages(body).maxOutputTokens()).hasValue(1);
        assertThat(Heads.chat(body).choices()).isEqualTo(3);
        assertThat(Heads.responses(body).choices()).isEqualTo(1);
    }

    @Test
    void readsTierAndStream() throws BadRequest {
        // When
        var head = Heads.messages("{\"service_tier\":\"standard_only\",\"stream\":true,\"model\":\"m\"}");
        // Then
        assertThat(head.serviceTier()).isEqualTo("standard_only");
        assertThat(head.stream()).isTrue();
        assertThat(head.usageAsked()).isTrue();
        assertThat(head.usageSplice()).isNull();
        assertThat(Heads.chat("{\"model\":\"m\",\"stream\":null,\"service_tier\":null}").stream())
                .isFalse();
    }

    @Test
    void findsTheModelBehindFortyMegabytesOfPicture() throws BadRequest {
        // Given
        var picture = "A".repeat(40 * 1024 * 1024);
        var body = "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":"
                + "{\"url\":\"data:image/png;base64," + picture + "\"}}]}],\"model\":\"gpt-5.5\"}";
        // When
        var head = Heads.chat(body);
        // Then
        assertThat(head.model()).isEqualTo("gpt-5.5");
        assertThat(((JsonModel) head.place()).end()).isEqualTo(body.length() - 1);
        assertThat(head.promptTokens()).isEqualTo(PromptEstimate.OPAQUE_TOKENS);
    }

    @Test
    void takesThousandLevelsAndRefusesOneMoreAsWellAsAMillion() throws BadRequest {
        var inside = BodyCursor.MAX_DEPTH - 1;
        assertThat(Heads.chat(nested("messages", inside)).model()).isEqualTo("m");
        for (var depth : new int[] {inside + 1, 1_000_000}) {
            for (var field : new String[] {"messages", "tools", "x", "metadata", "stream_options", "conversation"}) {
                assertThatExceptionOfType(BadRequest.class)
                        .isThrownBy(() -> Heads.chat(nested(field, depth)))
                        .withMessageMatching("(?s)(body: .*depth.*)|(stream_options: an array .*)");
            }
        }
    }

    private static String nested(String field, int depth) {
        return "{\"model\":\"m\",\"" + field + "\":" + "[".repeat(depth) + "]".repeat(depth) + "}";
    }

    @Test
    void refusesGiantNumbersAndNames() {
        for (var body : new String[] {
            "{\"model\":\"m\",\"max_tokens\":" + "9".repeat(1_000_000) + "}",
            "{\"model\":\"m\",\"temperature\":0." + "9".repeat(1_000_000) + "}",
            "{\"model\":\"m\",\"" + "x".repeat(1_000_000) + "\":1}"
        }) {
            assertThatExceptionOfType(BadRequest.class)
                    .isThrownBy(() -> Heads.chat(body))
                    .withMessageMatching("(?s)body: .*(exceeds|limit).*");
        }
    }

    @Test
    void readsABodyOfManyNames() throws BadRequest {
        // Given
        var body = new StringBuilder("{");
        for (var i = 0; i < 200_000; i++) {
            body.append("\"field").append(i).append("\":").append(i).append(',');
        }
        // Then
        assertThat(Heads.chat(body + "\"model\":\"m\"}").model()).isEqualTo("m");
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            value = {
                "\"prompt\":\"Say\" => 1",
                "\"prompt\":[\"Say\",\"so\"],\"n\":3 => 6",
                "\"prompt\":[[1,2],[3]],\"best_of\":5,\"n\":2 => 10",
                "\"prompt\":[1,2,3],\"best_of\":null => 1",
                "\"n\":2 => 2"
            })
    void countsTheAnswersToEachPromptOfACompletion(String fields, int answers) throws BadRequest {
        assertThat(Heads.read(Heads.COMPLETIONS, "{\"model\":\"m\"," + fields + "}", Map.of())
                        .choices())
                .isEqualTo(answers);
    }

    @Test
    void countsPromptsThatComeAsTokens() throws BadRequest {
        for (var input :
                List.of("[" + "7,".repeat(499) + "7]", "[[" + "7,".repeat(249) + "7],[" + "7,".repeat(249) + "7]]")) {
            var head = Heads.read(Heads.EMBEDDINGS, "{\"model\":\"m\",\"input\":" + input + "}", Map.of());
            assertThat(head.promptTokens()).isEqualTo(500);
            assertThat(head.maxOutputTokens()).hasValue(0);
        }
    }

    @Test
    void refusesAPromptThatIsThereTwice() {
        for (var body : List.of(
                "{\"model\":\"m\",\"prompt\":\"a\",\"prompt\":\"b\"}",
                "{\"model\":\"m\",\"Prompt\":\"a\"}",
                "{\"model\":\"m\",\"best_of\":2,\"best_of\":1}",
                "{\"model\":\"m\",\"best_of\":\"2\"}")) {
            assertThatExceptionOfType(BadRequest.class)
                    .as(body)
                    .isThrownBy(() -> Heads.read(Heads.COMPLETIONS, body, Map.of()));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            value = {
                "{} => {\"model\":\"omni-moderation-latest\"}",
                "{\"input\":\"a\"} => {\"model\":\"omni-moderation-latest\",\"input\":\"a\"}",
                "{\"input\":1, \"model\" : null} => {\"input\":1, \"model\" : \"omni-moderation-latest\"}",
                "{\"model\":\"omni-moderation-latest\"} => {\"model\":\"omni-moderation-latest\"}"
            })
    void namesTheModelOfAModerationThatNamesNone(String body, String sent) throws BadRequest {
        // Given
        var head = Heads.read(Heads.MODERATIONS, body, Map.of());
        // When
        var edited = Splices.apply(Heads.utf8(body), Heads.MODERATIONS.edits(head, head.model(), Set.of()));
        // Then
        assertThat(edited.utf8String()).isEqualTo(sent);
    }
}

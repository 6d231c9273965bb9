package dev.sluice.wire;

import static dev.sluice.wire.PromptEstimate.OPAQUE_TOKENS;
import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PromptEstimateTest {
    private static long chat(String fields) throws BadRequest {
        return Heads.chat("{\"model\":\"m\"," + fields + "}").promptTokens();
    }

    private static long says(String content) throws BadRequest {
        return chat("\"messages\":[{\"role\":\"user\",\"content\":" + content + "}]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            quoteCharacter = '^',
            value = {
                "\"\" => 1",
                "\"a\" => 1",
                "\"abcd\" => 1",
                "\"abcde\" => 2",
                "\"\\\"\\n\\u0041x\" => 1",
                "\"данные\" => 3",
                "\"世界你好\" => 4",
                "\"\\u4e16\\u754c\" => 2",
                "\"🦊\" => 2",
                "\"\\ud83e\\udd8a\" => 2",
                "[{\"type\":\"text\",\"text\":\"abcdefgh\"},{\"type\":\"text\",\"text\":\"abcdefgh\"}] => 4"
            })
    void countsAboutFourLettersOrOneIdeographAToken(String content, long tokens) throws BadRequest {
        assertThat(says(content)).isEqualTo(tokens);
    }

    @Test
    void countsSystemToolsAndAllMessages() throws BadRequest {
        // Given
        var fields = "\"system\":\"aaaa\",\"messages\":[{\"role\":\"user\",\"content\":\"bbbb\"},"
                + "{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"cccc\",\"signature\":\"zzzz\"}]},"
                + "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"content\":\"dddd\"}]}],"
                + "\"tools\":[{\"name\":\"eeee\"}],\"metadata\":{\"user_id\":\"somebody\"}";
        // Then
        assertThat(Heads.messages("{\"model\":\"m\"," + fields + "}").promptTokens())
                .isEqualTo(6);
        assertThat(Heads.responses("{\"model\":\"m\",\"instructions\":\"aaaa\",\"input\":\"bbbb\"}")
                        .promptTokens())
                .isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            value = {
                "[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,iVBORw0KGgo=\"}}] => 1",
                "[{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://example.com/a.png\"}}] => 1",
                "[{\"type\":\"input_image\",\"image_url\":\"https://example.com/a.png\"}] => 1",
                "[{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"https://example.com/a.png\"}}] => 1",
                "[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:x;base64,AA\"}},{\"image_url\":{\"url\":\"data:x;base64,AA\"}}] => 2"
            })
    void countsAPictureFlat(String content, long pictures) throws BadRequest {
        assertThat(says(content)).isEqualTo(pictures * OPAQUE_TOKENS);
    }

    @Test
    void countsLongBase64FlatButLongTextByItsLetters() throws BadRequest {
        assertThat(says("[{\"type\":\"image\",\"source\":{\"data\":\"" + "QUJD".repeat(100_000) + "\"}}]"))
                .isEqualTo(OPAQUE_TOKENS);
        assertThat(says("\"" + "QUJD\\n".repeat(100_000) + "\"")).isEqualTo(OPAQUE_TOKENS);
        assertThat(says("\"" + "words ".repeat(100_000) + "\"")).isEqualTo(150_000);
        assertThat(says("\"" + "世".repeat(10_000) + "\"")).isEqualTo(10_000);
        assertThat(says("\"data: and words\"")).isEqualTo(4);
    }

    @Property(tries = 200)
    void weighsAnEscapedTextAsTheSameTextUnescaped(@ForAll @StringLength(max = 50) String text) throws BadRequest {
        // Given
        var escaped = new StringBuilder();
        var plain = new StringBuilder();
        text.codePoints()
                .filter(SessionClues::isPlain)
                .filter(c -> c != '"' && c != '\\')
                .forEach(c -> {
                    plain.appendCodePoint(c);
                    for (var unit : Character.toChars(c)) {
                        escaped.append("\\u%04X".formatted((int) unit));
                    }
                });
        // Then
        assertThat(says("\"" + escaped + "\"")).isEqualTo(says("\"" + plain + "\""));
    }
}

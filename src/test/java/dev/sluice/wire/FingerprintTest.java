package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FingerprintTest {
    private static String chat(String fields) throws BadRequest {
        return Heads.chat("{\"model\":\"m\"," + fields + "}").hints().fingerprint();
    }

    private static String messages(String fields) throws BadRequest {
        return Heads.messages("{\"model\":\"m\"," + fields + "}").hints().fingerprint();
    }

    private static String responses(String fields) throws BadRequest {
        return Heads.responses("{\"model\":\"m\"," + fields + "}").hints().fingerprint();
    }

    @Test
    void holdsWhileAChatGrows() throws BadRequest {
        // Given
        var start = "{\"role\":\"system\",\"content\":\"Be kind.\"},{\"content\":\"Hi\",\"role\":\"user\"}";
        var more = ",{\"role\":\"assistant\",\"content\":\"Hello\",\"tool_calls\":[{\"id\":\"1\"}]},"
                + "{\"role\":\"system\",\"content\":\"Hurry.\"},{\"role\":\"user\",\"content\":\"And?\"}";
        // Then
        assertThat(chat("\"messages\":[" + start + more + "],\"tools\":[{\"name\":\"t\"}],\"temperature\":1"))
                .isEqualTo(chat("\"messages\":[" + start + "]"))
                .matches("[0-9a-f]{32}");
    }

    @Test
    void holdsWhileMessagesGrowAndTheirCacheMarksMove() throws BadRequest {
        // Given
        var first = messages("\"system\":[{\"type\":\"text\",\"text\":\"Be kind.\"}],\"messages\":[{\"role\":\"user\","
                + "\"content\":[{\"type\":\"text\",\"text\":\"Hi\",\"cache_control\":{\"type\":\"ephemeral\"}}]}]");
        // When
        var second = messages(
                "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"Hi\"}]},"
                        + "{\"role\":\"assistant\",\"content\":\"Hello\"},{\"role\":\"user\",\"content\":\"And?\"}],"
                        + "\"system\":[{\"type\":\"text\",\"text\":\"x-anthropic-billing-header: cch=1;\"},"
                        + "{\"type\":\"text\",\"text\":\"Be kind.\",\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}}]");
        // Then
        assertThat(second).isEqualTo(first);
    }

    @Test
    void holdsWhileAnInputGrows() throws BadRequest {
        // Given
        var start = "{\"type\":\"message\",\"id\":\"msg_1\",\"role\":\"developer\",\"content\":\"Be kind.\"},"
                + "{\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"Hi\"}]}";
        // Then
        assertThat(responses("\"input\":[" + start.replace("msg_1", "msg_2")
                        + ",{\"type\":\"function_call_output\",\"output\":\"5\"}],\"instructions\":\"Short.\""))
                .isEqualTo(responses("\"instructions\":\"Short.\",\"input\":[" + start + "]"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            value = {
                "[{\"role\":\"user\",\"content\":\"Hi\"}] => [{\"role\":\"user\",\"content\":\"Ho\"}]",
                "[{\"role\":\"user\",\"content\":\"Hi\"}] => [{\"role\":\"system\",\"content\":\"x\"},{\"role\":\"user\",\"content\":\"Hi\"}]",
                "[{\"role\":\"user\",\"content\":\"Hi\"}] => [{\"role\":\"system\",\"content\":\"Hi\"}]",
                "[{\"role\":\"user\",\"content\":[{\"text\":\"a\"},{\"text\":\"bc\"}]}] => [{\"role\":\"user\",\"content\":[{\"text\":\"ab\"},{\"text\":\"c\"}]}]",
                "[{\"role\":\"user\",\"content\":[{\"image_url\":{\"url\":\"http://a\"}}]}] => [{\"role\":\"user\",\"content\":[{\"image_url\":{\"url\":\"http://b\"}}]}]"
            })
    void differsWhenTheBeginningDiffers(String one, String other) throws BadRequest {
        assertThat(chat("\"messages\":" + one)).isNotEqualTo(chat("\"messages\":" + other));
    }

    @Test
    void differsByFormatAndBySystemPrompt() throws BadRequest {
        // Given
        var fields = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"input\":\"Hi\"";
        // Then
        assertThat(chat(fields)).isNotEqualTo(messages(fields));
        assertThat(messages(fields)).isNotEqualTo(messages(fields + ",\"system\":\"x\""));
        assertThat(messages(fields + ",\"system\":\"y\"")).isNotEqualTo(messages(fields + ",\"system\":\"x\""));
        assertThat(responses(fields)).isNotEqualTo(responses(fields + ",\"instructions\":\"x\""));
    }

    @Test
    void tellsLongPicturesApartByTheirLength() throws BadRequest {
        assertThat(chat("\"messages\":[{\"role\":\"user\",\"content\":\"" + "A".repeat(100_000) + "\"}]"))
                .isNotEqualTo(chat("\"messages\":[{\"role\":\"user\",\"content\":\"" + "A".repeat(100_001) + "\"}]"));
    }
}

package dev.sluice.hook;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.hook.GuardrailReply.Allow;
import dev.sluice.hook.GuardrailReply.Block;
import dev.sluice.hook.GuardrailReply.Modify;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GuardrailReplyTest {
    private static @Nullable GuardrailReply read(String json) {
        return GuardrailReply.read(json.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void allowsWhateverElseItSays() {
        assertThat(read("{\"action\": \"allow\", \"score\": {\"pii\": 0.1}, \"status_code\": 200}"))
                .isEqualTo(new Allow());
    }

    @Test
    void blocksAsItSays() {
        assertThat(read("{\"message\": \" no \", \"status_code\": 451, \"action\": \"block\"}"))
                .isEqualTo(new Block(451, "no"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"200", "302", "600", "-1", "\"451\"", "451.5", "null", "99999999999"})
    void neverTurnsANoIntoAYes(String status) {
        assertThat(read("{\"action\": \"block\", \"status_code\": %s}".formatted(status)))
                .isEqualTo(new Block(403, "request blocked by guardrail"));
    }

    @Test
    void hasTheBodyByteForByte() {
        var body = "{\"model\" : \"m\", \"n\": 1.50, \"t\": \"ä\\u00e4{\\\"\"}";

        assertThat(read("{\"note\": [1, {\"request_body\": 2}], \"request_body\":  " + body
                        + " ,\"action\":\"modify\"}"))
                .isInstanceOfSatisfying(
                        Modify.class,
                        modify -> assertThat(new String(modify.body(), StandardCharsets.UTF_8))
                                .isEqualTo(body));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ", \"request_body\": null", ", \"request_body\": \"text\"", ", \"request_body\": [{}]"})
    void takesAModificationWithoutAnObjectForAllow(String body) {
        assertThat(read("{\"action\": \"modify\"%s}".formatted(body))).isEqualTo(new Allow());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}",
                "null",
                "[]",
                "\"allow\"",
                "{\"action\": \"Allow\"}",
                "{\"action\": null}",
                "{\"action\": \"allow\"",
                "{\"action\": \"allow\"} {}",
                "{\"action\": \"allow\", \"action\": \"block\"}",
                "\uFEFF{\"action\": \"allow\"}",
                "<html>",
            })
    void isNothingWhereItIsInDoubt(String json) {
        assertThat(read(json)).isNull();
    }

    @Test
    void isNothingInAnotherEncoding() {
        assertThat(GuardrailReply.read("{\"action\": \"allow\"}".getBytes(StandardCharsets.UTF_16LE)))
                .isNull();
    }
}

package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WireFormatsTest {

    @ParameterizedTest
    @CsvSource({
        "/v1/chat/completions, openai_chat, oacc",
        "/chat/completions, openai_chat, oacc",
        "/v1/responses, openai_responses, oare",
        "/v1/messages, anthropic_messages, anme",
        "/v1/messages/count_tokens, anthropic_messages, anme"
    })
    void knowsTheFormatOfEachPath(String path, String flag, String prefix) {
        // When
        var format = WireFormats.byPath(path).orElseThrow();
        // Then
        assertThat(format.flag()).isEqualTo(flag);
        assertThat(format.sessionPrefix()).isEqualTo(prefix);
        assertThat(format.countsTokens(path)).isEqualTo(path.endsWith("count_tokens"));
        assertThat(WireFormats.ALL).contains(format);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "/", "/v1/models", "/v1/chat/completions/", "/V1/messages", "/v1/responses/input_tokens"})
    void knowsNoOtherPath(String path) {
        assertThat(WireFormats.byPath(path)).isEmpty();
    }

    @Test
    void findsEachFormatAtTheEndpointItAdvertises() {
        for (var format : WireFormats.ALL) {
            assertThat(WireFormats.byPath(format.endpoint())).contains(format);
        }
    }
}

package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SessionHintsTest {
    private static final List<String> HEADERS = List.of(
            "x-claude-code-session-id",
            "session-id",
            "session_id",
            "x-opencode-session",
            "x-session-id",
            "x-session-affinity");

    @Test
    void takesTheFirstOfAllHeadersInTheirOrder() throws BadRequest {
        // Given
        var headers = new HashMap<String, String>();
        HEADERS.forEach(name -> headers.put(name, "id of " + name));
        var body = "{\"model\":\"m\",\"prompt_cache_key\":\"k\",\"previous_response_id\":\"resp_1\"}";
        for (var name : HEADERS) {
            // When
            var hints = Heads.read(Heads.CHAT, body, headers).hints();
            // Then
            assertThat(hints.sessionId()).isEqualTo("id of " + name);
            assertThat(hints.source()).isEqualTo("header:" + name);
            assertThat(hints.previousResponse()).isEqualTo("resp_1");
            headers.remove(name);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            value = {
                "\"session_id\":\"a\",\"metadata\":{\"user_id\":\"user_1_account__session_b\"} => body:session_id => a",
                "\"client_metadata\":{\"session_id\":\"c\"},\"metadata\":{\"user_id\":\"user_1_account__session_b\"} => body:metadata.user_id => b",
                "\"metadata\":{\"x\":[1],\"user_id\":\"{\\\"session_id\\\":\\\"b\\\"}\"} => body:metadata.user_id => b",
                "\"request\":{\"session_id\":\"d\",\"contents\":[{}]},\"client_metadata\":{\"session_id\":\"c\"} => body:client_metadata.session_id => c",
                "\"conversation\":\"e\",\"request\":{\"session_id\":\"d\"} => body:request.session_id => d",
                "\"previous_response_id\":\"f\",\"conversation\":\"e\" => body:conversation => e",
                "\"previous_response_id\":\"f\",\"conversation\":{\"x\":{},\"id\":\"e\"} => body:conversation => e",
                "\"prompt_cache_key\":\"g\",\"conversation\":null => body:prompt_cache_key => g",
            })
    void takesTheBodyFieldThatComesFirstInPrecedence(String fields, String source, String id) throws BadRequest {
        for (var format : Heads.MODEL_IN_BODY) {
            // When
            var hints = Heads.read(format, "{" + fields + ",\"model\":\"m\"}", Map.of())
                    .hints();
            // Then
            assertThat(hints.source()).isEqualTo(source);
            assertThat(hints.sessionId()).isEqualTo(id);
        }
    }

    @Test
    void letsTheChainOfResponsesPrecedeThePromptCacheKey() throws BadRequest {
        // When
        var hints = Heads.responses("{\"model\":\"m\",\"prompt_cache_key\":\"k\",\"previous_response_id\":\"resp_1\"}")
                .hints();
        // Then
        assertThat(hints.sessionId()).isNull();
        assertThat(hints.source()).isEqualTo("chain:resp_1");
        assertThat(hints.previousResponse()).isEqualTo("resp_1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"session_id\":\"\"",
                "\"session_id\":\" \\n\\u0000 \"",
                "\"session_id\":5",
                "\"session_id\":{\"id\":\"x\"}",
                "\"metadata\":{\"user_id\":\"jane@example.com\"}",
                "\"metadata\":{\"user_id\":\"{jane}\"}",
                "\"metadata\":{\"user_id\":\"{\\\"session_id\\\":5}\"}",
                "\"metadata\":{\"user_id\":\"user_1_account_2\"}",
                "\"metadata\":\"x\"",
                "\"metadata\":null",
                "\"conversation\":{\"ids\":\"x\"}",
                "\"client_metadata\":[{\"session_id\":\"x\"}]"
            })
    void takesNothingElseForAnId(String field) throws BadRequest {
        // When
        var hints = Heads.messages("{" + field + ",\"model\":\"m\"}").hints();
        // Then
        assertThat(hints.sessionId()).isNull();
        assertThat(hints.source()).isNull();
    }

    @Test
    void stripsControlCharactersAndBoundsTheLength() throws BadRequest {
        // Given
        var body = "{\"model\":\"m\",\"session_id\":\"a\\u0007b\\ud800c\\n" + "🦊".repeat(200) + "\"}";
        // When
        var id = Heads.chat(body).hints().sessionId();
        // Then
        assertThat(id).startsWith("abc🦊").hasSizeBetween(255, 256).endsWith("🦊");
    }

    @Test
    void ignoresAnIdAsLongAsABook() throws BadRequest {
        assertThat(Heads.chat("{\"model\":\"m\",\"session_id\":\"" + "x".repeat(1_000_000) + "\"}")
                        .hints()
                        .sessionId())
                .isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "user-agent, 'claude-cli/2.1.240 (external, cli)', claude-code",
        "user-agent, codex_cli_rs/0.147.0 (Linux), codex",
        "originator, codex_vscode, codex",
        "user-agent, opencode/1.4.2, opencode",
        "user-agent, GeminiCLI-client/0.40.0/gemini (linux), gemini-cli",
        "user-agent, OpenAI/JS 7.55.0, ",
        "user-agent, Mozilla/5.0 (claude-cli/2), "
    })
    void recognisesClients(String header, String value, String client) throws BadRequest {
        assertThat(Heads.read(Heads.CHAT, "{\"model\":\"m\"}", Map.of(header, value))
                        .hints()
                        .client())
                .isEqualTo(client);
    }
}

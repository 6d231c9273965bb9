package dev.sluice.usage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AgentTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            claude-cli/1.2.3 (external, cli)                              | claude-cli
            claude-cli/2.0.0-beta.1                                       | claude-cli
            codex_cli_rs/0.46.0 (Mac OS 26.0.1; arm64) Apple_Terminal/465 | codex_cli_rs
            codex-tui/0.98.0 (Ubuntu 24.4.0; x86_64) xterm                | codex-tui
            OpenAI/Python 1.40.2                                          | openai-python
            AsyncOpenAI/Python 1.40.2                                     | openai-python
            OpenAI/JS 4.20.1                                              | openai-js
            Anthropic/Python 0.39.0                                       | anthropic-python
            python-httpx/0.27.0                                           | python-httpx
            GeminiCLI/v0.1.5 (darwin; arm64)                              | geminicli
            google-genai-sdk/1.2.0 gl-python/3.11                         | google-genai-sdk
            Boto3/1.34.0 md/Botocore#1.34.0 ua/2.0                        | boto3
            Mozilla/5.0 (Macintosh; Intel Mac OS X) Chrome/120.0 Safari   | browser
            curl/8.5.0                                                    | curl
            Go-http-client/2.0                                            | go-http-client
            my-agent-1.2.3                                                | my-agent
            my-agent v3.1                                                 | my-agent
            node                                                          | node
            Zed/0.200.5+stable (macos; aarch64)                           | zed
            @scope/tool/1.0                                               | @scope
            /1.0                                                          | (none)
            ''                                                            | (none)
            """)
    void tellsAgentsApartAndNotTheirVersions(String userAgent, String agent) {
        assertThat(Agent.of(userAgent)).isEqualTo(agent);
    }

    @Test
    void isShortAndPlainWhateverComes() {
        var random = new Random(1);
        for (var i = 0; i < 2000; i++) {
            var text = new StringBuilder();
            for (var length = random.nextInt(300); length > 0; length--) {
                text.appendCodePoint(random.nextInt(3) == 0 ? random.nextInt(0xD7FF) : 32 + random.nextInt(95));
            }
            assertThat(Agent.of(text.toString())).matches("[a-z0-9._@-]{1,48}|\\(none\\)");
        }
    }
}

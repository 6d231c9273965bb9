package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.KeptLog;
import dev.sluice.testing.Stand;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What a whole gateway writes into its log about requests, as text and as JSON. */
class LogIT {
    private static final ObjectMapper json = new ObjectMapper();
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final Logger OURS = (Logger) LoggerFactory.getLogger("dev.sluice");

    @TempDir
    private static Path data;

    private static KeptLog kept;
    private static Stand stand;

    @BeforeAll
    static void start() throws Exception {
        kept = KeptLog.open();
        OURS.setAdditive(false);
        OURS.setLevel(Level.INFO);
        stand = Stand.start(data, LogIT::policy, Map.of("sluice.retries.pause", "1ms"));
    }

    @AfterAll
    static void stop() {
        stand.close();
        kept.close();
        OURS.setAdditive(true);
        OURS.setLevel(Level.WARN);
    }

    private static String policy(String url) {
        return """
                {
                  "grants": [{"src": ["(loopback)"], "app": {"tailscale.com/cap/aperture": [{"role": "admin"}, {"models": "**"}]}}],
                  "providers": {
                    "sim": {"baseurl": "%1$s", "apikey": "secret-marker-provider", "models": ["**"], "cost_basis": "openai",
                      "model_cost_map": [{"match": "*", "as": "gpt-4.1"}], "add_headers": ["x-extra: secret-marker-header"]},
                    "dead": {"baseurl": "http://127.0.0.1:1", "apikey": "secret-marker-dead", "models": ["lost"], "preference": 9}},
                }
                """.formatted(url);
    }

    @Test
    void oneLineTellsOfARequest() throws Exception {
        ask("plain", "agent-one/1.0", "events=4");

        var line = lines("agent-one/1.0", 1).getFirst();
        assertThat(line.get("message").textValue()).isEqualTo("request");
        assertThat(line.get("provider").textValue()).isEqualTo("sim");
        assertThat(line.get("model").textValue()).isEqualTo("plain");
        assertThat(line.get("format").textValue()).isEqualTo("openai_chat");
        assertThat(line.get("caller").textValue()).isEqualTo("(loopback)");
        assertThat(line.get("stream").booleanValue()).isTrue();
        assertThat(line.get("status").intValue()).isEqualTo(200);
        assertThat(line.get("outcome").textValue()).isEqualTo("COMPLETED");
        assertThat(line.get("finish").textValue()).isEqualTo("stop");
        assertThat(line.get("outputTokens").longValue()).isPositive();
        assertThat(line.get("costNanos").longValue()).isPositive();
        assertThat(line.get("bytesOut").longValue()).isPositive();
        assertThat(line.get("attempts").intValue()).isEqualTo(1);
        assertThat(line.has("refusal")).isFalse();
    }

    @Test
    void nothingThatAClientWritesBreaksALineAndNothingThatIsSaidIsInOne() throws Exception {
        var forged = "x\\n2026-11-29T00:00:00.000Z ERROR Books request caller=root\\u2028\\u001b[2J\\r\\n";
        ask(forged, "agent-forged", "events=2");
        ask("plain", "agent \" caller=root \\ two", "events=2");
        ask("lost", "agent-lost", "events=2");
        ask("plain", "agent-error", "status=400");
        ask("", "agent-none", "events=2");
        lines("agent \" caller=root \\ two", 1);
        lines("agent-lost", 1);
        lines("agent-forged", 1);

        for (var event : kept.events()) {
            var text = encoded(event, LogEncoder.Format.TEXT);
            var first = text.substring(0, text.indexOf('\n'));
            assertThat(first).containsPattern("^\\d{4}-\\d\\d-").doesNotContainPattern("[\\r\\u0085\\u2028\\u001b]");
            if (event.getThrowableProxy() == null) {
                assertThat(text).hasSize(first.length() + 1);
            }
            assertThat(text).doesNotContain("prompt-marker", "secret-marker");
            assertThat(encoded(event, LogEncoder.Format.JSON)).doesNotContain("prompt-marker", "secret-marker");
        }
    }

    private static void ask(String model, String agent, String script) {
        try (var http = stand.open()) {
            http.post(
                    "/v1/chat/completions?key=secret-marker-query",
                    "{\"model\":\"" + model + "\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
                            + "\"messages\":[{\"role\":\"user\",\"content\":\"prompt-marker\"}]}",
                    "Authorization: Bearer secret-marker-client",
                    "User-Agent: " + agent,
                    "Cookie: secret-marker-cookie",
                    "x-simulate: " + script);
            http.readHead();
            http.readRest();
        }
    }

    /** The lines of this user agent's requests, in JSON. */
    private static List<JsonNode> lines(String agent, int number) throws IOException {
        var found = new ArrayList<JsonNode>();
        Eventually.await(SOON, () -> {
            found.clear();
            for (var event : kept.events()) {
                var line = tree(encoded(event, LogEncoder.Format.JSON));
                if (line.path("userAgent").asText().equals(agent)) {
                    found.add(line);
                }
            }
            assertThat(found).hasSize(number);
        });
        return found;
    }

    private static JsonNode tree(String line) {
        try {
            return json.readTree(line);
        } catch (IOException e) {
            throw new AssertionError(line, e);
        }
    }

    private static String encoded(ILoggingEvent event, LogEncoder.Format format) {
        var encoder = new LogEncoder();
        encoder.format(format);
        return new String(encoder.encode(event), StandardCharsets.UTF_8);
    }
}

package dev.sluice.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.NodeClients;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The providers' official clients understand the simulated providers, so what they do not understand of a gateway is its fault. */
class SimulatorClientsIT {
    private static final ActorTestKit testKit = ActorTestKit.create();
    private static String url = "";

    @BeforeAll
    static void start() throws Exception {
        var binding = Simulator.start(testKit.system(), "127.0.0.1", 0)
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
        url = "http://127.0.0.1:" + binding.localAddress().getPort();
    }

    @AfterAll
    static void stop() {
        testKit.shutdownTestKit();
    }

    @Test
    void theOpenAiClientUnderstandsIt() {
        assertThat(NodeClients.run("openai.mjs", Map.of("BASE_URL", url + "/v1")))
                .hasSize(21);
    }

    @Test
    void theOpenAiClientUnderstandsItsOtherEndpoints() {
        assertThat(NodeClients.run("openai-endpoints.mjs", Map.of("BASE_URL", url + "/v1")))
                .hasSize(25);
    }

    @Test
    void theAnthropicClientUnderstandsIt() {
        assertThat(NodeClients.run("anthropic.mjs", Map.of("BASE_URL", url))).hasSize(15);
    }

    @Test
    void theAnthropicClientForVertexUnderstandsIt() {
        assertThat(NodeClients.run("anthropic.mjs", Map.of("BASE_URL", url + "/v1", "VERTEX", "1")))
                .hasSize(14);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemini", "vertex", "express"})
    void theGoogleClientUnderstandsIt(String mode) {
        assertThat(NodeClients.run("google.mjs", Map.of("BASE_URL", url, "MODE", mode)))
                .hasSize(16);
    }

    @Test
    void amazonsClientUnderstandsIt() {
        assertThat(NodeClients.run("amazon.mjs", Map.of("BASE_URL", url))).hasSize(25);
    }

    @Test
    void anthropicsClientForBedrockUnderstandsIt() {
        assertThat(NodeClients.run("anthropic-bedrock.mjs", Map.of("BASE_URL", url)))
                .hasSize(7);
    }
}

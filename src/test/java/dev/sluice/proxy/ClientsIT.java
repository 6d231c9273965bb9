package dev.sluice.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.NodeClients;
import dev.sluice.testing.Stand;
import dev.sluice.testing.TestGateway;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The providers' official clients, pointed at the gateway, notice nothing but the gateway's own promises. */
class ClientsIT {
    @TempDir
    Path data;

    @Test
    void theOpenAiClientIsServed() throws Exception {
        try (var stand = Stand.start(data)) {
            var checks = NodeClients.run(
                    "openai.mjs",
                    Map.of("BASE_URL", stand.gateway().url() + "/v1", "GATEWAY", "1", "MODEL", "test-gpt"));
            assertThat(checks).hasSize(23);
            stand.awaitQuiet();
        }
    }

    @Test
    void theOpenAiClientIsServedOnItsOtherEndpoints() throws Exception {
        try (var stand = Stand.start(data)) {
            var checks = NodeClients.run(
                    "openai-endpoints.mjs",
                    Map.of("BASE_URL", stand.gateway().url() + "/v1", "GATEWAY", "1", "MODEL", "test-gpt"));
            assertThat(checks).hasSize(25);
            stand.awaitQuiet();
        }
    }

    @Test
    void theOpenAiClientRaisesItsOwnErrorsOnItsOtherEndpoints() throws Exception {
        try (var stand =
                Stand.start(data, provider -> TestGateway.policy(provider).replace("$1000.00", "$0.00"), Map.of())) {
            var checks = NodeClients.run(
                    "openai-endpoints.mjs",
                    Map.of("BASE_URL", stand.gateway().url() + "/v1", "REFUSED", "1", "MODEL", "test-gpt"));
            assertThat(checks).hasSize(7);
            assertThat(stand.simulator().receivedCount()).isZero();
        }
    }

    @Test
    void theAnthropicClientIsServed() throws Exception {
        try (var stand = Stand.start(data)) {
            var checks = NodeClients.run(
                    "anthropic.mjs", Map.of("BASE_URL", stand.gateway().url(), "GATEWAY", "1", "MODEL", "test-claude"));
            assertThat(checks).hasSize(16);
            stand.awaitQuiet();
        }
    }

    @Test
    void bothRaiseTheirOwnErrorsForTheGatewaysNoes() throws Exception {
        try (var stand =
                Stand.start(data, provider -> TestGateway.policy(provider).replace("$1000.00", "$0.00"), Map.of())) {
            var checks = NodeClients.run(
                    "refusals.mjs",
                    Map.of("BASE_URL", stand.gateway().url(), "OPENAI", "test-gpt", "ANTHROPIC", "test-claude"));
            assertThat(checks).hasSize(6);
            assertThat(stand.simulator().receivedCount()).isZero();
        }
    }

    @Test
    void amazonsClientIsServed() throws Exception {
        try (var stand = Stand.start(data, TestGateway::bedrock, Map.of())) {
            for (var prefix : List.of("/bedrock", "")) {
                var checks = NodeClients.run(
                        "amazon.mjs", Map.of("BASE_URL", stand.gateway().url() + prefix, "GATEWAY", "1"));
                assertThat(checks).hasSize(27);
            }
            stand.awaitQuiet();
        }
    }

    @Test
    void anthropicsClientForBedrockIsServed() throws Exception {
        try (var stand = Stand.start(data, TestGateway::bedrock, Map.of())) {
            var checks = NodeClients.run(
                    "anthropic-bedrock.mjs", Map.of("BASE_URL", stand.gateway().url() + "/bedrock"));
            assertThat(checks).hasSize(7);
            stand.awaitQuiet();
        }
    }

    @Test
    void theClientsForBedrockRaiseTheirOwnErrorsForTheGatewaysNoes() throws Exception {
        try (var stand =
                Stand.start(data, provider -> TestGateway.bedrock(provider).replace("$1000.00", "$0.00"), Map.of())) {
            var checks = NodeClients.run(
                    "amazon-refusals.mjs",
                    Map.of("BASE_URL", stand.gateway().url() + "/bedrock", "MODEL", "us.anthropic.sim-test-v1:0"));
            assertThat(checks).hasSize(9);
            assertThat(stand.simulator().receivedCount()).isZero();
        }
    }
}

package dev.sluice.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.NodeClients;
import dev.sluice.testing.Stand;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The official clients of Google's formats, pointed at the gateway, notice nothing but the gateway's own promises. */
class GoogleClientsIT {
    private static final String POLICY = """
            {
              "grants": [{ "src": ["(loopback)"], "app": { "tailscale.com/cap/aperture": [
                { "role": "admin" }, { "models": "**", "quotas": [{ "bucket": "pool" }] },
              ] } }],
              "quotas": { "pool": { "capacity": "$1000.00", "rate": "$0.00/day", "on_exceed": "reject" } },
              "providers": {
                "google": { "baseurl": "%s", "apikey": "key", "models": ["test-gemini", "test-claude"],
                  "compatibility": { "gemini_generate_content": true, "google_generate_content": true, "google_raw_predict": true },
                  "cost_basis": "vertex", "model_cost_map": [{ "match": "*", "as": "gemini-2.5-flash" }] },
              },
            }
            """;

    @TempDir
    Path data;

    @ParameterizedTest
    @ValueSource(strings = {"gemini", "vertex", "express"})
    void theGoogleClientIsServed(String mode) throws Exception {
        try (var stand = Stand.start(data, POLICY::formatted, Map.of())) {
            var checks = NodeClients.run(
                    "google.mjs",
                    Map.of("BASE_URL", stand.gateway().url(), "MODE", mode, "GATEWAY", "1", "MODEL", "test-gemini"));
            assertThat(checks).hasSize(17);
            stand.awaitQuiet();
        }
    }

    @Test
    void theAnthropicClientForVertexIsServed() throws Exception {
        try (var stand = Stand.start(data, POLICY::formatted, Map.of())) {
            var checks = NodeClients.run(
                    "anthropic.mjs",
                    Map.of(
                            "BASE_URL",
                            stand.gateway().url() + "/v1",
                            "VERTEX",
                            "1",
                            "GATEWAY",
                            "1",
                            "MODEL",
                            "test-claude"));
            assertThat(checks).hasSize(15);
            stand.awaitQuiet();
        }
    }

    @Test
    void allRaiseTheirOwnErrorsForTheGatewaysNoes() throws Exception {
        try (var stand =
                Stand.start(data, provider -> POLICY.formatted(provider).replace("$1000.00", "$0.00"), Map.of())) {
            var checks = NodeClients.run(
                    "google-refusals.mjs",
                    Map.of("BASE_URL", stand.gateway().url(), "GEMINI", "test-gemini", "CLAUDE", "test-claude"));
            assertThat(checks).hasSize(12);
            assertThat(stand.simulator().receivedCount()).isZero();
        }
    }
}

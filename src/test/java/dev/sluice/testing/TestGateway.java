package dev.sluice.testing;

import dev.sluice.Node;
import dev.sluice.cluster.NodeSystem;
import dev.sluice.config.Finding;
import dev.sluice.policy.PolicyFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A whole gateway in this process, on a port of its own, under a policy given as text. */
public final class TestGateway implements AutoCloseable {
    private final Node node;

    private TestGateway(Node node) {
        this.node = node;
    }

    public static TestGateway start(Path data, String policy) throws Exception {
        return start(data, policy, Map.of());
    }

    /**
     * Starts one.
     *
     * @param settings node settings by path, over quiet defaults for tests
     */
    public static TestGateway start(Path data, String policy, Map<String, ?> settings) throws Exception {
        Files.createDirectories(data);
        return start(data, Files.writeString(data.resolve("policy.hujson"), policy), settings);
    }

    /** As above, with the policy in a file of the test's own. */
    public static TestGateway start(Path data, Path policy, Map<String, ?> settings) throws Exception {
        var file = new PolicyFile(policy).read();
        if (file.reading().policy() == null) {
            throw new IllegalArgumentException(file.reading().findings().stream()
                    .map(Finding::message)
                    .toList()
                    .toString());
        }
        var set = new HashMap<String, Object>(settings);
        set.putIfAbsent("sluice.listen", "127.0.0.1:0");
        set.putIfAbsent("sluice.storage.directory", data.toString());
        set.putIfAbsent("sluice.drain-timeout", "5s");
        return new TestGateway(Node.start(NodeSystem.config(null, set), file)
                .toCompletableFuture()
                .get(60, TimeUnit.SECONDS));
    }

    /** One provider that speaks all three formats, everything granted to local callers, one big bucket each. */
    public static String policy(String baseUrl) {
        return """
                {
                  "grants": [{ "src": ["(loopback)"], "app": { "tailscale.com/cap/aperture": [
                    { "role": "admin" },
                    { "models": "**", "quotas": [{ "bucket": "each:<user>" }, { "bucket": "pool" }] },
                  ] } }],
                  "quotas": {
                    "each:<user>": { "capacity": "$1000.00", "rate": "$0.00/day", "on_exceed": "reject" },
                    "pool": { "capacity": "$1000.00", "rate": "$0.00/day", "on_exceed": "reject" },
                  },
                  "providers": {
                    "sim": {
                      "baseurl": "%s", "apikey": "provider-key", "models": ["test-gpt", "test-claude"],
                      "compatibility": { "openai_chat": true, "openai_responses": true, "anthropic_messages": true },
                      "cost_basis": "openai", "model_cost_map": [{ "match": "*", "as": "gpt-4.1" }],
                    },
                  },
                }
                """.formatted(baseUrl);
    }

    /** As {@link #policy}, with a provider that speaks Bedrock's formats; models by name, by an inference profile's ARN and by a name of ours. */
    public static String bedrock(String baseUrl) {
        var whole = policy(baseUrl);
        return whole.substring(0, whole.indexOf("\"providers\"")) + """
                  "providers": {
                    "aws": {
                      "baseurl": "%s", "apikey": "provider-key",
                      "models": [
                        "us.anthropic.sim-test-v1:0",
                        "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.anthropic.sim-test-v1:0",
                      ],
                      "compatibility": { "openai_chat": false, "bedrock_model_invoke": true, "bedrock_converse": true },
                      "cost_basis": "bedrock", "model_cost_map": [{ "match": "**", "as": "global.anthropic.claude-sonnet-4-5-20250929-v1:0" }],
                    },
                  },
                }
                """.formatted(baseUrl);
    }

    public Node node() {
        return node;
    }

    public int port() {
        return node.address().getPort();
    }

    public String url() {
        return "http://127.0.0.1:" + port();
    }

    @Override
    public void close() {
        node.drain().toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
    }
}

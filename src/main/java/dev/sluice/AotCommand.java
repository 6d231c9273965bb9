package dev.sluice;

import dev.sluice.cluster.NodeSystem;
import dev.sluice.policy.PolicyFile;
import dev.sluice.simulator.Callers;
import dev.sluice.simulator.Hearer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * {@code sluice aot}: a short working day of a gateway of its own, between simulated callers and providers. {@code bin/sluice} has the JVM
 * watch it, and keeps what it learnt for the next start.
 */
@Command(
        name = "aot",
        description = {
            "Makes lib/sluice.aot anew, for this JDK and this place: what the JVM needs to start fast.",
            "To be run after an update of the JDK, or when the files were copied without their times."
        },
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // Fields are set by picocli before anything runs.
final class AotCommand implements Callable<Integer> {
    /** Enough for the JVM to see what matters. */
    private static final int ROUNDS = 40;

    /** Nothing here takes a tenth of it, even on a slow machine. */
    private static final int LIMIT_SECONDS = 60;

    private static final String MODEL = "sim-model";
    private static final HostPort ANYWHERE = new HostPort("127.0.0.1", 0);

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        var directory = Files.createTempDirectory("sluice-aot");
        try {
            var answers = work(directory);
            spec.commandLine().getOut().println("watched " + answers + " requests");
            return 0;
        } finally {
            delete(directory);
        }
    }

    private static int work(Path directory) throws Exception {
        var providers = SimulateCommand.start(ANYWHERE).toCompletableFuture().get(LIMIT_SECONDS, TimeUnit.SECONDS);
        try (var hook = Hearer.start()) {
            return work(directory, policy(providers.localAddress().getPort(), hook.port()));
        }
    }

    private static int work(Path directory, String document) throws Exception {
        var policy = Files.writeString(directory.resolve("policy.hujson"), document);
        var settings = NodeSystem.config(
                null, Map.of("sluice.listen", ANYWHERE.toString(), "sluice.storage.directory", directory.toString()));
        var node = Node.start(settings, new PolicyFile(policy).read())
                .toCompletableFuture()
                .get(LIMIT_SECONDS, TimeUnit.SECONDS);
        var gateway =
                URI.create("http://" + ANYWHERE.host() + ":" + node.address().getPort());
        var answers = new Callers(gateway, MODEL).ask(ROUNDS);
        node.drain().toCompletableFuture().get(LIMIT_SECONDS, TimeUnit.SECONDS);
        return answers;
    }

    private static String policy(int providers, int hook) {
        return """
                {
                  "grants": [{ "src": ["(loopback)"], "app": { "tailscale.com/cap/aperture": [
                    { "role": "admin" },
                    { "models": "**", "quotas": [{ "bucket": "daily:<user>" }, { "bucket": "pool" }],
                      "send_hooks": [{ "name": "told", "events": ["entire_request"], "send": ["estimated_cost"] }] },
                  ] } }],
                  "hooks": { "told": { "url": "http://127.0.0.1:%d/" } },
                  "quotas": {
                    "daily:<user>": { "capacity": "$1000.00", "rate": "$1000.00/day", "on_exceed": "reject" },
                    "pool": { "capacity": "$1000.00", "rate": "$1000.00/day", "on_exceed": "reject" },
                  },
                  "providers": {
                    "sim": {
                      "baseurl": "http://127.0.0.1:%d", "apikey": "simulated-key", "models": ["%s"],
                      "compatibility": {
                        "openai_chat": true, "openai_responses": true, "anthropic_messages": true,
                        "gemini_generate_content": true, "bedrock_converse": true,
                      },
                      "cost_basis": "openai", "model_cost_map": [{ "match": "*", "as": "gpt-4.1" }],
                    },
                  },
                }
                """.formatted(hook, providers, MODEL);
    }

    private static void delete(Path directory) throws IOException {
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}

package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.simulator.Simulator;
import dev.sluice.testing.AdminApi;
import dev.sluice.testing.Crowd;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.FakeHook;
import dev.sluice.testing.FakeHook.Answer;
import dev.sluice.testing.SluiceProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kill -9 under load, with a hook that fails half of its calls: whatever is in the books, the hook was told. */
class HookKillNineIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int LIVES = 1;

    @TempDir
    private Path directory;

    @Test
    void everyExchangeInTheBooksIsToldAtLeastOnce() throws Exception {
        var seed = Long.getLong("sluice.seed", System.nanoTime());
        var random = new Random(seed);
        var told = ConcurrentHashMap.<String>newKeySet();
        var kit = ActorTestKit.create();
        try (var hook = FakeHook.start()) {
            hook.answer("/audit", call -> {
                if (coin(random)) {
                    return Answer.of(500);
                }
                told.add(JSON.readTree(call.body())
                        .path("metadata")
                        .path("request_id")
                        .asText());
                return Answer.of(204);
            });
            var provider = Simulator.start(kit.system(), "127.0.0.1", 0)
                    .toCompletableFuture()
                    .get(20, TimeUnit.SECONDS);
            configure(provider.localAddress().getPort(), hook.url());
            live(random, told, "-Dsluice.seed=" + seed);
        } finally {
            kit.shutdownTestKit();
        }
    }

    private static synchronized boolean coin(Random random) {
        return random.nextBoolean();
    }

    private void live(Random random, Set<String> told, String label) throws Exception {
        var gateway = serve(0);
        try {
            for (var life = 0; life < LIVES; life++) {
                try (var crowd = new Crowd(gateway.awaitAddress(), 40, List.of(""), new Random(random.nextLong()))) {
                    Eventually.await(
                            SOON,
                            () -> assertThat(crowd.begun())
                                    .as("%s", crowd.surprises())
                                    .isGreaterThan(60));
                    gateway.kill();
                    crowd.awaitTheEnd();
                }
                gateway = serve(life + 1);
                try (var admin = new AdminApi(gateway.awaitAddress())) {
                    Eventually.await(
                            SOON, () -> assertThat(admin.status("/readyz")).isEqualTo(200));
                    Eventually.await(
                            SOON,
                            () -> assertThat(hook(admin).path("queued").asLong())
                                    .as(label)
                                    .isZero());
                    Eventually.await(SOON, () -> {
                        var exchanges = admin.exchanges().stream()
                                .filter(it -> !it.path("outcome").asText().equals("lost"))
                                .map(it -> it.path("request_id").asText())
                                .toList();
                        assertThat(exchanges).as(label).hasSizeGreaterThan(5);
                        assertThat(told).as(label).containsAll(exchanges);
                    });
                    assertThat(hook(admin).path("dead_letters").asLong())
                            .as(label)
                            .isZero();
                }
            }
        } finally {
            gateway.close();
        }
    }

    private static com.fasterxml.jackson.databind.JsonNode hook(AdminApi admin) throws Exception {
        return admin.get("/api/hooks").path("hooks").path(0);
    }

    /** Node settings that say where letters lie. */
    String storage() {
        return "";
    }

    /** Where a process has its files. */
    String data(int life) {
        return "data";
    }

    private SluiceProcess serve(int life) {
        return SluiceProcess.start(
                directory,
                "serve",
                "--config",
                "policy.hujson",
                "--settings",
                "node.conf",
                "--data",
                data(life),
                "--listen",
                "127.0.0.1:0");
    }

    private void configure(int provider, String hook) throws Exception {
        Files.writeString(directory.resolve("policy.hujson"), """
                {
                  "grants": [{ "src": ["*"], "app": { "tailscale.com/cap/aperture": [
                    { "role": "admin" }, { "models": "**", "quotas": [{ "bucket": "pool" }] },
                    { "send_hooks": [{ "name": "audit", "events": ["entire_request"], "send": ["request_body", "estimated_cost"] }] },
                  ] } }],
                  "quotas": { "pool": { "capacity": "$1000000.00", "rate": "$0.00/day", "on_exceed": "reject" } },
                  "hooks": { "audit": { "url": "%s/audit" } },
                  "providers": {
                    "sim": {
                      "baseurl": "http://127.0.0.1:%d", "apikey": "provider-key", "models": ["test-gpt", "test-claude"],
                      "compatibility": { "openai_chat": true, "openai_responses": true, "anthropic_messages": true },
                      "cost_basis": "openai", "model_cost_map": [{ "match": "*", "as": "gpt-4.1" }],
                    },
                  },
                }
                """.formatted(hook, provider));
        Files.writeString(
                directory.resolve("node.conf"),
                storage() + "\nsluice.hooks { first-pause = 20ms, longest-pause = 200ms, in-flight = 64 }\n");
    }
}

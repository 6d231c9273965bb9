package dev.sluice.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.RawHttp;
import dev.sluice.testing.SluiceProcess;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kill -9 while policies are saved: what was saved holds after the restart, and journal and file are of one mind again. */
class PolicyKillIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LIVES = 2;
    private static final int MOST_A_LIFE = 10_000;
    private static final Duration LONGEST_LIFE = Duration.ofMillis(300);

    @TempDir
    private Path directory;

    private static String policy(long number) {
        return """
                { // Number %d.
                  "grants": [{ "src": ["(loopback)"], "app": { "tailscale.com/cap/aperture": [
                    { "role": "admin" }, { "models": "**" } ] } }],
                  "providers": { "p": { "baseurl": "http://127.0.0.1:9", "models": ["m%d"] } },
                }
                """.formatted(number, number);
    }

    @Test
    void whatWasSavedHoldsAfterEveryDeath() throws Exception {
        var seed = Long.getLong("sluice.seed", System.nanoTime());
        var random = new Random(seed);
        var file = Files.writeString(directory.resolve("policy.hujson"), policy(0));
        var saved = new AtomicLong();
        var gateway = serve();
        try {
            for (var life = 1; life <= LIVES; life++) {
                var address = gateway.awaitAddress();
                var saving = CompletableFuture.runAsync(() -> saveUntilItDies(address, saved));
                var before = saved.get();
                Eventually.await(
                        Duration.ofSeconds(30), () -> assertThat(saved.get()).isGreaterThan(before));
                LockSupport.parkNanos(random.nextLong(LONGEST_LIFE.toNanos()));
                gateway.kill();
                saving.join();

                gateway = serve();

                var again = gateway.awaitAddress();
                var label = "life " + life + " of -Dsluice.seed=" + seed;
                var inForce = get(again).path("config").textValue();
                // Of the last one nobody heard whether it was saved.
                assertThat(inForce).as(label).isIn(policy(saved.get()), policy(saved.get() + 1));
                Eventually.await(
                        Duration.ofSeconds(20), () -> assertThat(file).as(label).hasContent(inForce));
                saved.set(inForce.equals(policy(saved.get())) ? saved.get() : saved.get() + 1);
                assertThat(get(again).path("version").asLong()).as(label).isEqualTo(saved.get() + 1);
            }
        } finally {
            gateway.close();
        }
    }

    private SluiceProcess serve() {
        return SluiceProcess.start(
                directory, "serve", "--config", "policy.hujson", "--listen", "127.0.0.1:0", "--data", "data");
    }

    private static void saveUntilItDies(InetSocketAddress address, AtomicLong saved) {
        for (var i = 0; i < MOST_A_LIFE; i++) {
            var body = JSON.createObjectNode()
                    .put("config", policy(saved.get() + 1))
                    .toString();
            try (var http = RawHttp.connect(address)) {
                http.send(
                        "PUT /aperture/config HTTP/1.1\r\nHost: x\r\nIf-Match: *\r\nContent-Type: application/json\r\n"
                                + "Content-Length: " + body.length() + "\r\n\r\n" + body);
                if (http.readHead().status() != 200) {
                    return;
                }
                saved.incrementAndGet();
            } catch (RuntimeException | AssertionError dead) {
                return;
            }
        }
    }

    private static JsonNode get(InetSocketAddress address) throws Exception {
        try (var http = RawHttp.connect(address)) {
            http.get("/aperture/config");
            assertThat(http.readHead().status()).isEqualTo(200);
            return JSON.readTree(http.readRest().text());
        }
    }
}

package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.journal.UnsteadyJournal;
import dev.sluice.journal.UnsteadyJournal.Weather;
import dev.sluice.simulator.Simulator;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.TestGateway;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole gateway whose storage goes away under requests, with buckets that deny and buckets that have grace. */
class StorageOutageIT {
    /** What a request may wait before it is refused, or let in on grace: an ask timeout and a tick, and the machine's own time. */
    private static final Duration WAIT_AT_MOST = Duration.ofSeconds(5);

    /** Less than half of that timeout. */
    private static final Duration AT_ONCE = Duration.ofMillis(1500);

    private static final Duration HEALED = Duration.ofSeconds(30);

    private static final ActorTestKit testKit = ActorTestKit.create();
    private static ServerBinding provider;

    @TempDir
    private Path directory;

    private final UnsteadyJournal.Switch storage = new UnsteadyJournal.Switch();

    @BeforeAll
    static void startProvider() throws Exception {
        provider = Simulator.start(testKit.system(), "127.0.0.1", 0)
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
    }

    @AfterAll
    static void stopProvider() {
        testKit.shutdownTestKit();
    }

    @Test
    void deniesOrLetsInAsDeclaredAndHealsByItself() throws Exception {
        try (var gateway =
                        TestGateway.start(directory, OutageStand.policy(provider.localAddress()), storage.settings());
                var stand = new OutageStand(gateway.node().address())) {
            assertThat(stand.ask("denied").status()).isEqualTo(200);
            assertThat(stand.ask("graced").status()).isEqualTo(200);
            Eventually.await(HEALED, () -> assertThat(stand.admin.exchanges()).hasSize(2));
            var before = stand.spentOf("denied");

            storage.turn(Weather.AWAY);
            assertThat(stand.ask("denied").took()).isLessThan(WAIT_AT_MOST);
            Eventually.await(
                    WAIT_AT_MOST,
                    () -> assertThat(stand.ask("denied").error())
                            .contains("the storage of bucket denied does not answer"));
            var refused = stand.ask("denied");
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.retryAfter()).isEqualTo("5");
            assertThat(refused.took()).isLessThan(AT_ONCE);
            var overloaded = stand.ask("/v1/messages", "denied");
            assertThat(overloaded.status()).isEqualTo(503);
            assertThat(overloaded.body()).startsWith("{\"type\":\"error\"");

            var letIn = 0;
            while (stand.ask("graced").status() == 200 && letIn < 100) {
                letIn++;
            }
            assertThat(letIn).as("more than worst cases fit").isBetween(4, 20);
            var numbers = stand.numbers();
            assertThat(numbers.get("sluice_quota_buckets_away")).isPositive();
            assertThat(numbers.get("sluice_quota_grace_requests_total")).isGreaterThanOrEqualTo(letIn);
            assertThat(numbers.get("sluice_quota_grace_unbooked_dollars"))
                    .isBetween(0.000001, OutageStand.GRACE_NANOS / 1e9);
            assertThat(numbers.get("sluice_quota_refused_at_once_total")).isGreaterThanOrEqualTo(3);

            storage.turn(Weather.FAIR);
            var served = letIn;
            Eventually.await(
                    HEALED,
                    () -> assertThat(stand.admin.exchanges().stream()
                                    .filter(it -> it.path("status").asInt() == 200))
                            .hasSize(2 + served));
            Eventually.await(HEALED, stand::assertBalance);
            assertThat(stand.spentOf("denied")).isEqualTo(before);
            assertThat(stand.ask("denied").status()).isEqualTo(200);
            assertThat(stand.ask("graced").status()).isEqualTo(200);
        } finally {
            storage.turn(Weather.FAIR);
        }
    }
}

package dev.sluice.provider;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.provider.Condition.Breaker;
import dev.sluice.testing.Eventually;
import java.time.Duration;
import java.time.InstantSource;
import java.util.stream.IntStream;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.testkit.javadsl.TestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class HealthTest {
    private static final Duration REST = Duration.ofMillis(100);
    private static final Duration SOON = Duration.ofSeconds(20);
    private static ActorSystem system;
    private static ManualTime time;

    @BeforeAll
    static void start() {
        // Whether a rest is over is the test's to say.
        system = ActorSystem.create("health", ManualTime.config());
        time = ManualTime.get(Adapter.toTyped(system));
    }

    @AfterAll
    static void stop() {
        TestKit.shutdownActorSystem(system);
    }

    private static Health failed(int times, Duration rest) {
        var health = new Health("p", system, InstantSource.system(), rest);
        IntStream.range(0, times).forEach(i -> health.failed());
        return health;
    }

    /** The next rest may be longer than the first. */
    private static void awaitRested(Health health) {
        Eventually.await(SOON, () -> {
            time.timePasses(REST);
            assertThat(health.takes()).isTrue();
        });
    }

    @Test
    void takesRequestsInSpiteOfAFewFailures() {
        assertThat(failed(Health.MAX_FAILURES - 1, REST).takes()).isTrue();
    }

    @Test
    void restsAfterARowOfFailures() {
        assertThat(failed(Health.MAX_FAILURES, Duration.ofMinutes(1)).takes()).isFalse();
    }

    @Test
    void tellsHowItIsAndSinceWhen() {
        // Given
        var clock = new SetClock();
        var health = new Health("p", system, clock, Duration.ofMinutes(1));
        assertThat(health.state()).isEqualTo(Breaker.CLOSED);
        assertThat(health.since()).isNull();
        // When
        IntStream.range(0, Health.MAX_FAILURES).forEach(i -> health.failed());
        // Then
        assertThat(health.state()).isEqualTo(Breaker.OPEN);
        assertThat(health.consecutiveFailures()).isEqualTo(Health.MAX_FAILURES);
        assertThat(health.lastFailure()).isEqualTo(clock.instant());
        Eventually.await(SOON, () -> assertThat(health.since()).isEqualTo(clock.instant()));
    }

    @Test
    void countsFailuresInARowOnly() {
        // Given
        var health = failed(Health.MAX_FAILURES - 1, REST);
        // When
        health.answered();
        health.failed();
        // Then
        assertThat(health.takes()).isTrue();
    }

    @Test
    void isProbedByOneRequestWhenItHasRested() {
        // Given
        var health = failed(Health.MAX_FAILURES, REST);
        // When
        awaitRested(health);
        // Then
        assertThat(IntStream.range(0, 100).filter(i -> health.takes())).isEmpty();
    }

    @Test
    void takesRequestsAgainWhenTheProbeIsAnswered() {
        // Given
        var health = failed(Health.MAX_FAILURES, REST);
        awaitRested(health);
        // When
        health.answered();
        // Then
        assertThat(IntStream.range(0, 100)).allMatch(i -> health.takes());
    }

    @Test
    void restsAgainWhenTheProbeFails() {
        // Given
        var health = failed(Health.MAX_FAILURES, REST);
        awaitRested(health);
        // When
        health.failed();
        // Then
        assertThat(health.takes()).isFalse();
        awaitRested(health);
    }
}

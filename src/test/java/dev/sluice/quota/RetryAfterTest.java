package dev.sluice.quota;

import static dev.sluice.quota.Rules.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RetryAfterTest {
    @Test
    void roundsUpToWholeSeconds() {
        assertThat(RetryAfter.of(NOON, NOON.plusMillis(1_001))).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void isNeverLessThanASecond() {
        assertThat(RetryAfter.of(NOON, NOON)).isEqualTo(Duration.ofSeconds(1));
        assertThat(RetryAfter.of(NOON, NOON.minusSeconds(9))).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void saysHowLongItTakesEvenIfThatIsAMonth() {
        assertThat(RetryAfter.of(NOON, NOON.plus(Duration.ofDays(30)))).isEqualTo(Duration.ofDays(30));
    }

    @Test
    void isADayForABucketThatNeverRefills() {
        assertThat(RetryAfter.of(NOON, Instant.MAX)).isEqualTo(Duration.ofDays(1));
    }
}

package dev.sluice.hook;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class TenureTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();
    /** As the JVM's own: it may begin anywhere. */
    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 10 * SECOND);

    private final long began = now.get();
    private final Tenure tenure = new Tenure(new UUID(1, 1), Duration.ofSeconds(20), began, now::get);

    @Test
    void endsAQuarterOfTheLeaseBeforeCassandraGivesItToOthers() {
        now.set(began + 15 * SECOND - 1);
        assertThat(tenure.isHeld()).isTrue();
        now.set(began + 15 * SECOND);
        assertThat(tenure.isHeld()).isFalse();
    }

    @Test
    void lastsFromWhenTheLeaseWasAskedForAndNotFromItsAnswer() {
        now.set(began + 14 * SECOND);
        assertThat(tenure.renew(began + 5 * SECOND)).isTrue();
        now.set(began + 20 * SECOND - 1);
        assertThat(tenure.isHeld()).isTrue();
        now.set(began + 20 * SECOND);
        assertThat(tenure.isHeld()).isFalse();
    }

    @Test
    void anAnswerThatComesTooLateRenewsNothingForever() {
        now.set(began + 16 * SECOND);
        assertThat(tenure.renew(began + 14 * SECOND)).isFalse();
        assertThat(tenure.renew(began + 16 * SECOND)).isFalse();
        assertThat(tenure.isHeld()).isFalse();
    }

    @Test
    void anAnswerThatCameBehindALaterOneShortensNothing() {
        assertThat(tenure.renew(began + 10 * SECOND)).isTrue();
        assertThat(tenure.renew(began + 5 * SECOND)).isTrue();
        now.set(began + 25 * SECOND - 1);
        assertThat(tenure.isHeld()).isTrue();
    }
}

package dev.sluice.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class AllowanceTest {
    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");

    private final Allowance allowance = new Allowance();

    @Test
    void letsAFewThroughAndCountsTheOthers() {
        for (var i = 0; i < Allowance.LOGIN_BURST; i++) {
            assertThat(allowance.take("mallory", NOON)).isZero();
        }
        for (var i = 0; i < 1000; i++) {
            assertThat(allowance.take("mallory", NOON)).isNegative();
        }

        assertThat(allowance.take("alice", NOON)).isZero();
        assertThat(allowance.take("mallory", NOON.plus(Allowance.LOGIN_PACE))).isEqualTo(1000);
        assertThat(allowance.take("mallory", NOON.plus(Allowance.LOGIN_PACE))).isNegative();
    }

    @Test
    void aClockSetBackSilencesNobody() {
        while (allowance.take("mallory", NOON) >= 0) {}

        assertThat(allowance.take("mallory", NOON.minus(Duration.ofDays(1)))).isOne();
    }

    @Test
    void aThousandLoginsGetNoMoreThanAllMayHave() {
        var written = 0;
        for (var minute = 0; minute < 60; minute++) {
            for (var login = 0; login < 3000; login++) {
                written += allowance.take("login" + login, NOON.plusSeconds(60L * minute)) >= 0 ? 1 : 0;
            }
        }

        assertThat(written).isLessThanOrEqualTo(Allowance.BURST + (int) (3600 / Allowance.PACE.toSeconds()) + 1);
    }

    /** Whatever comes when: nothing is lost from the count, and none gets more than a burst and its pace. */
    @Property(tries = 200)
    void nothingGoesUncounted(
            @ForAll @Size(max = 300) List<@IntRange(max = 3) Integer> logins,
            @ForAll @LongRange(max = 200) long secondsBetween) {
        var fresh = new Allowance();
        var told = new HashMap<Integer, Integer>();
        var written = new HashMap<Integer, Integer>();
        var left = new HashMap<Integer, Integer>();
        var now = NOON;
        for (var login : logins) {
            var taken = fresh.take("login" + login, now);
            if (taken < 0) {
                left.merge(login, 1, Integer::sum);
            } else {
                written.merge(login, 1, Integer::sum);
                told.merge(login, taken, Integer::sum);
                assertThat(taken).isEqualTo(left.getOrDefault(login, 0));
                left.remove(login);
            }
            now = now.plusSeconds(secondsBetween);
        }
        var passed = Duration.between(NOON, now).dividedBy(Allowance.LOGIN_PACE);
        assertThat(written.values())
                .allSatisfy(count -> assertThat((long) count).isLessThanOrEqualTo(Allowance.LOGIN_BURST + passed + 1));
    }
}

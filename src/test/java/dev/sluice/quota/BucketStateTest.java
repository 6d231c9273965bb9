package dev.sluice.quota;

import static dev.sluice.quota.Rules.NOON;
import static dev.sluice.quota.Rules.holds;
import static dev.sluice.quota.Rules.rule;
import static dev.sluice.quota.Rules.strict;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.QuotaRule;
import dev.sluice.quota.Change.Defined;
import dev.sluice.quota.Change.Expired;
import dev.sluice.quota.Change.Refilled;
import dev.sluice.quota.Change.Released;
import dev.sluice.quota.Change.Reserved;
import dev.sluice.quota.Change.Settled;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class BucketStateTest {
    private final BucketState bucket = new BucketState();

    @Test
    void startsFull() {
        define(holds(100));

        assertThat(bucket.balanceAt(NOON)).isEqualTo(100);
    }

    @Test
    void admitsWhileAnythingIsLeft() {
        define(holds(100));
        reserve("a", 99);

        assertThat(bucket.admits(1_000, NOON)).isTrue();
    }

    @Test
    void stopsABurstAtTheLimit() {
        define(holds(100));
        reserve("a", 60);
        reserve("b", 60);

        assertThat(bucket.admits(1, NOON)).isFalse();
    }

    @Test
    void letsNoTrickleInWhileOneRequestOverdraws() {
        define(rule(100, 1, Duration.ofSeconds(1)));
        reserve("a", 150);

        assertThat(bucket.admits(150, NOON.plusSeconds(49))).isFalse();
    }

    @Test
    void admitsStrictlyOnlyWhatSurelyFits() {
        define(strict(holds(100)));
        reserve("a", 40);

        assertThat(bucket.admits(60, NOON)).isTrue();
        assertThat(bucket.admits(61, NOON)).isFalse();
    }

    @Test
    void rejectsEverythingAtCapacityZero() {
        define(strict(holds(0)));

        assertThat(bucket.admits(0, NOON)).isFalse();
    }

    @Test
    void chargesWhatItCostAndFreesTheRest() {
        define(holds(100));
        reserve("a", 90);

        apply(new Settled("a", 30));

        assertThat(bucket.balanceAt(NOON)).isEqualTo(70);
        assertThat(bucket.reservedNanos()).isZero();
        assertThat(bucket.spentNanos()).isEqualTo(30);
    }

    @Test
    void goesBelowZeroWhenItCostMore() {
        define(holds(100));
        reserve("a", 90);

        apply(new Settled("a", 130));

        assertThat(bucket.balanceAt(NOON)).isEqualTo(-30);
    }

    @Test
    void chargesAnUnknownReservationThatSettles() {
        define(holds(100));

        apply(new Settled("lost", 30));

        assertThat(bucket.balanceAt(NOON)).isEqualTo(70);
    }

    @Test
    void correctsAnEstimateWhenTheOwnerSettlesAfterAll() {
        define(holds(100));
        reserve("a", 90);
        apply(new Expired("a", 90));

        apply(new Settled("a", 20));

        assertThat(bucket.balanceAt(NOON)).isEqualTo(80);
        assertThat(bucket.spentNanos()).isEqualTo(20);
        assertThat(bucket.isClosed("a")).isTrue();
    }

    @Test
    void chargesNothingForWhatIsReleasedAfterItExpired() {
        define(holds(100));
        reserve("a", 90);
        apply(new Expired("a", 90));

        apply(new Released("a"));

        assertThat(bucket.balanceAt(NOON)).isEqualTo(100);
    }

    @Test
    void refillsByHandUpToCapacity() {
        define(holds(100));
        apply(new Settled("a", 30));

        apply(new Refilled(1_000));

        assertThat(bucket.balanceAt(NOON)).isEqualTo(100);
    }

    @Test
    void keepsWhatWasSpentWhenItsCapacityGrows() {
        define(holds(100));
        apply(new Settled("a", 30));

        define(holds(500));

        assertThat(bucket.balanceAt(NOON)).isEqualTo(470);
    }

    @Test
    void keepsWhatWasSpentWhenItsCapacityShrinks() {
        define(holds(100));
        apply(new Settled("a", 30));

        define(holds(50));

        assertThat(bucket.balanceAt(NOON)).isEqualTo(20);
    }

    @Test
    void refillsThePastByTheDefinitionOfThePast() {
        define(rule(1_000, 1, Duration.ofSeconds(1)));
        apply(new Settled("a", 1_000));

        apply(Defined.of(rule(1_000, 10, Duration.ofSeconds(1))), NOON.plusSeconds(100));

        assertThat(bucket.balanceAt(NOON.plusSeconds(110))).isEqualTo(200);
    }

    @Test
    void saysWhenItIsPositiveAgain() {
        define(rule(1_000, 1, Duration.ofSeconds(1)));
        apply(new Settled("a", 1_009));

        assertThat(bucket.empty("b", 5, NOON)).isEqualTo(new Quota.Empty("b", 1_000, -9, NOON.plusSeconds(10)));
    }

    @Test
    void saysWhenWhatIsStrictlyAskedForFitsAgain() {
        define(strict(rule(1_000, 1, Duration.ofSeconds(1))));
        apply(new Settled("a", 1_000));

        assertThat(bucket.empty("b", 500, NOON).positiveAt()).isEqualTo(NOON.plusSeconds(500));
        assertThat(bucket.empty("b", 1_001, NOON).positiveAt()).isEqualTo(Instant.MAX);
    }

    @Test
    void mayBePositiveAnyMomentWhileOthersHoldItsMoney() {
        define(holds(100));
        reserve("a", 150);

        assertThat(bucket.empty("b", 5, NOON).positiveAt()).isEqualTo(NOON);
    }

    @Test
    void neitherOverflowsNorForgetsWhenEverythingIsHuge() {
        define(holds(Long.MAX_VALUE));
        for (var i = 0; i < 40; i++) {
            apply(new Settled("a" + i, Desk.NANOS_MAX));
        }

        assertThat(bucket.balanceAt(NOON)).isEqualTo(Balance.DEBT_MAX);
        assertThat(bucket.admits(1, NOON)).isFalse();
    }

    @Test
    void isTheSameAfterASnapshot() {
        define(rule(1_000, 7, Duration.ofSeconds(3)));
        reserve("a", 10);
        reserve("b", 20);
        apply(new Settled("c", 30), NOON.plusNanos(1));
        apply(new Expired("d", 40), NOON.plusNanos(2));

        assertThat(BucketState.of(bucket.snapshot()).snapshot()).isEqualTo(bucket.snapshot());
        assertThat(BucketState.of(bucket.snapshot()).reservedNanos()).isEqualTo(30);
    }

    @Test
    void forgetsOldRequestsButNeverTheLastFew() {
        define(holds(100));
        for (var i = 0; i < 2_000; i++) {
            apply(new Released("r" + i), NOON.plusSeconds(i));
        }

        // The last ten minutes, inclusive.
        assertThat(closed()).hasSize(601);
        apply(new Released("late"), NOON.plus(Duration.ofDays(1)));
        assertThat(closed()).hasSize(RecentIds.KEEP_AT_LEAST);
    }

    @Test
    void remembersNoMoreThanItMay() {
        define(holds(100));
        for (var i = 0; i < RecentIds.KEEP_AT_MOST + 10; i++) {
            apply(new Released("r" + i));
        }

        assertThat(closed()).hasSize(RecentIds.KEEP_AT_MOST);
        assertThat(bucket.isClosed("r9")).isFalse();
        assertThat(bucket.isClosed("r10")).isTrue();
    }

    @Test
    void groupsRequestsByTheSecondInWhichTheyWereOver() {
        apply(new Settled("a", 1), NOON);
        apply(new Settled("b", 2), NOON.plusMillis(999));
        apply(new Released("c"), NOON.plusMillis(1_000));

        assertThat(bucket.snapshot().closed())
                .containsExactly(
                        new RecentIds.Second(NOON, List.of("a", "b"), List.of(1L, 2L)),
                        new RecentIds.Second(NOON.plusSeconds(1), List.of("c"), List.of(0L)));
    }

    private List<String> closed() {
        return bucket.snapshot().closed().stream()
                .flatMap(second -> second.ids().stream())
                .toList();
    }

    private void define(QuotaRule rule) {
        apply(Defined.of(rule));
    }

    private void reserve(String id, long nanos) {
        apply(new Reserved(id, nanos, "node", "memo"));
    }

    private void apply(Change change) {
        apply(change, NOON);
    }

    private void apply(Change change, Instant at) {
        bucket.apply(change, at);
    }
}

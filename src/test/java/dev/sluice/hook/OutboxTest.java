package dev.sluice.hook;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Deliveries in virtual time. */
class OutboxTest {
    private static final long FIRST = 1_000;
    private static final long MOST = 60_000;
    private static final long GIVE_UP = 3_600_000;
    private long lastId;

    private Letter letter(String hook, long now, int size) {
        return new Letter(++lastId, "msg_" + lastId, hook, "entire_request", "req_" + lastId, now, size, true, null);
    }

    private static Outbox outbox(int most, long mostBytes, long seed) {
        return new Outbox(3, most, mostBytes, new Backoff(FIRST, MOST, new Random(seed)));
    }

    /** One attempt that is under way until {@code over}. */
    private record Attempt(Letter letter, long began, long over, boolean good) {}

    /**
     * Whatever hooks do: a letter is tried no sooner after a failure than half its pause, hooks have no more at one time than allowed, each
     * letter ends, and the time between two looks is bounded by what {@code nextDue} says.
     */
    @Property(tries = 150)
    void triesAsOftenAsAllowedAndEndsEachLetter(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 40) int letters,
            @ForAll @IntRange(max = 100) int failing) {
        var random = new Random(seed);
        var outbox = outbox(1_000, 1_000_000, seed);
        var hooks = List.of("well", "ill", "dead");
        for (var i = 0; i < letters; i++) {
            assertThat(outbox.add(letter(hooks.get(random.nextInt(3)), 0, 10))).isEmpty();
        }
        var lastEnd = new HashMap<Long, Long>();
        var attempts = new HashMap<Long, Integer>();
        var underWay = new ArrayList<Attempt>();
        var ended = 0;
        var now = 0L;
        for (var steps = 0; outbox.size() > 0; steps++) {
            assertThat(steps).as("it comes to an end").isLessThan(200_000);
            ended += outbox.expired(now, GIVE_UP).size();
            for (var next = outbox.next(now); next != null; next = outbox.next(now)) {
                var letter = next;
                if (lastEnd.containsKey(letter.id)) {
                    var pause = Math.min(MOST, FIRST << Math.min(attempts.getOrDefault(letter.id, 1) - 1, 20)) / 2;
                    assertThat(now - lastEnd.getOrDefault(letter.id, 0L))
                            .as("pause of %s", letter.id)
                            .isGreaterThanOrEqualTo(pause);
                }
                assertThat(underWay.stream().filter(it -> it.letter().hook.equals(letter.hook)))
                        .hasSizeLessThan(3);
                var good =
                        !letter.hook.equals("dead") && (letter.hook.equals("well") || random.nextInt(100) >= failing);
                underWay.add(new Attempt(letter, now, now + 1 + random.nextInt(5_000), good));
            }
            var firstOver = underWay.stream().mapToLong(Attempt::over).min();
            var due = outbox.nextDue(GIVE_UP);
            if (outbox.size() == 0) {
                break;
            }
            assertThat(firstOver.isPresent() || due.isPresent()).isTrue();
            assertThat(due.orElse(now + 1)).as("what is due was taken").isGreaterThan(now);
            now = Math.min(firstOver.orElse(Long.MAX_VALUE), due.orElse(Long.MAX_VALUE));
            for (var attempt : List.copyOf(underWay)) {
                if (attempt.over() <= now) {
                    underWay.remove(attempt);
                    var letter = attempt.letter();
                    lastEnd.put(letter.id, now);
                    attempts.merge(letter.id, 1, Integer::sum);
                    if (attempt.good()) {
                        outbox.delivered(letter);
                        ended++;
                    } else if (!outbox.failed(letter, now, 0, GIVE_UP)) {
                        assertThat(now + MOST * 3 / 2).isGreaterThan(GIVE_UP);
                        ended++;
                    }
                }
            }
            assertThat(now)
                    .as("none outlives its time by more than one attempt")
                    .isLessThan(GIVE_UP + 5_001);
        }
        assertThat(ended).isEqualTo(letters);
    }

    @Test
    void aHookThatFailsInARowIsAskedByOneLetterAtATime() {
        var outbox = outbox(1_000, 1_000_000, 1);
        for (var i = 0; i < 50; i++) {
            assertThat(outbox.add(letter("dead", 0, 10))).isEmpty();
        }
        for (var i = 0; i < Outbox.PATIENT_FAILURES; i++) {
            outbox.failed(taken(outbox, 0), 0, 0, GIVE_UP);
        }

        assertThat(outbox.next(0)).isNull();
        assertThat(outbox.next(FIRST * 3 / 2)).isNotNull();
        assertThat(outbox.next(FIRST * 3 / 2)).isNull();
    }

    @Test
    void aHookThatIsDeadHoldsUpNobodyElse() {
        var outbox = outbox(1_000, 1_000_000, 1);
        for (var i = 0; i < 10; i++) {
            assertThat(outbox.add(letter("dead", 0, 10))).isEmpty();
        }
        for (var i = 0; i < 3; i++) {
            assertThat(taken(outbox, 0).hook).isEqualTo("dead");
        }
        assertThat(outbox.add(letter("well", 0, 10))).isEmpty();

        assertThat(taken(outbox, 0).hook).isEqualTo("well");
    }

    @Test
    void whatAHookAsksForIsWaited() {
        var outbox = outbox(1_000, 1_000_000, 1);
        assertThat(outbox.add(letter("busy", 0, 10))).isEmpty();
        assertThat(outbox.add(letter("busy", 0, 10))).isEmpty();

        outbox.failed(taken(outbox, 0), 0, 30_000, GIVE_UP);

        assertThat(outbox.next(29_999)).as("neither it nor another").isNull();
        assertThat(outbox.nextDue(GIVE_UP)).hasValue(30_000);
        assertThat(outbox.next(30_000)).isNotNull();
    }

    @Test
    void theOldestMakesRoomAndNoneThatIsUnderWay() {
        var outbox = outbox(3, 100, 1);
        var first = letter("hook", 0, 10);
        var second = letter("hook", 0, 10);
        assertThat(outbox.add(first)).isEmpty();
        assertThat(taken(outbox, 0)).isSameAs(first);
        assertThat(outbox.add(second)).isEmpty();
        assertThat(outbox.add(letter("hook", 0, 10))).isEmpty();

        assertThat(outbox.add(letter("hook", 0, 10))).containsExactly(second);
        assertThat(outbox.size()).isEqualTo(3);
        assertThat(outbox.add(letter("hook", 0, 95))).hasSize(3);
    }

    @Test
    void whatOthersHaveLeftNeedsRoomAndGrowsOldInItsTurn() {
        var outbox = outbox(2, 100, 1);
        assertThat(outbox.hasRoom(letter("hook", 0, 1_000)))
                .as("nobody could make room")
                .isTrue();
        assertThat(outbox.add(letter("hook", 500, 10))).isEmpty();
        assertThat(outbox.hasRoom(letter("hook", 0, 91))).isFalse();
        var inherited = letter("hook", 0, 90);
        assertThat(outbox.hasRoom(inherited)).isTrue();
        assertThat(outbox.add(inherited)).isEmpty();
        assertThat(outbox.hasRoom(letter("hook", 0, 0))).isFalse();

        assertThat(outbox.expired(GIVE_UP + 1, GIVE_UP)).containsExactly(inherited);
    }

    @Test
    void whatIsOthersBusinessLeavesUnlessItIsUnderWayOrNowhereElse() {
        var outbox = outbox(10, 1_000, 1);
        var tenure = new Tenure(new UUID(1, 1), Duration.ofSeconds(10), 0, () -> 0);
        var underWay = placed(letter("hook", 0, 10), tenure);
        var waits = placed(letter("hook", 1, 10), tenure);
        var unstored = placed(letter("hook", 2, 10), tenure).unstored();
        var own = letter("hook", 3, 10);
        assertThat(outbox.add(underWay)).isEmpty();
        assertThat(taken(outbox, 0)).isSameAs(underWay);
        assertThat(outbox.add(waits)).isEmpty();
        assertThat(outbox.add(unstored)).isEmpty();
        assertThat(outbox.add(own)).isEmpty();

        assertThat(outbox.disown(tenure)).containsExactly(waits);
        tenure.lose();
        assertThat(underWay.isOurs()).isFalse();
        assertThat(unstored.isOurs()).isTrue();
        assertThat(outbox.isIdle()).isFalse();
        outbox.gone(underWay);
        assertThat(outbox.size()).isEqualTo(2);
        assertThat(outbox.isIdle()).isTrue();
    }

    private static Letter placed(Letter letter, Tenure tenure) {
        letter.place = new Place(tenure, 1, 1);
        return letter;
    }

    private static Letter taken(Outbox outbox, long now) {
        var letter = outbox.next(now);
        assertThat(letter).isNotNull();
        return java.util.Objects.requireNonNull(letter);
    }
}

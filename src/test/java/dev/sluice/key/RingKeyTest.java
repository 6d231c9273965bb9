package dev.sluice.key;

import static dev.sluice.key.Keys.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.key.GatewayKeys.Refused;
import dev.sluice.key.GatewayKeys.Unsaid;
import dev.sluice.key.GatewayKeys.Valid;
import dev.sluice.key.GatewayKeys.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class RingKeyTest {
    private static final KeyHash HASH = KeyHash.of("right");
    private static final KeyRecord KEY = Keys.key("k", NOON.plusSeconds(100));
    private static final KeyStatus GOOD = new KeyStatus(KEY, null, null);
    private static final KeyStatus REVOKED = new KeyStatus(KEY, NOON, null);

    /** A node on which time passes when told, and questions wait to be answered. */
    private static final class Node implements RingKey.Surroundings {
        private final List<CompletableFuture<KeyStatus>> questions = new ArrayList<>();
        private int asked;
        private int uses;
        private long now = 7_000_000_000_000L;
        private Instant time = NOON;

        void pass(Duration duration) {
            now += duration.toNanos();
            time = time.plus(duration);
        }

        void answer(KeyStatus status) {
            questions.removeFirst().complete(status);
        }

        @Override
        public CompletionStage<KeyStatus> ask(String id) {
            asked++;
            questions.add(new CompletableFuture<>());
            return questions.getLast();
        }

        @Override
        public void tellUse(String id) {
            uses++;
        }

        @Override
        public InstantSource clock() {
            return () -> time;
        }

        @Override
        public LongSupplier nanos() {
            return () -> now;
        }
    }

    private final Node node = new Node();
    private final RingKey key = new RingKey(KEY, HASH, node);

    private CompletableFuture<Verdict> verify() {
        return key.verify(HASH).toCompletableFuture();
    }

    private static void assertNo(CompletableFuture<Verdict> verdict, String why) {
        assertThat(verdict).isCompletedWithValueMatching(it -> it instanceof Refused(var said) && said.contains(why));
    }

    private static void assertUnsaid(CompletableFuture<Verdict> verdict) {
        assertThat(verdict).isCompletedWithValueMatching(Unsaid.class::isInstance);
    }

    @Test
    void asksOnceHoweverManyWait() {
        var verdicts = IntStream.range(0, 100).mapToObj(_ -> verify()).toList();
        assertThat(verdicts).noneMatch(CompletableFuture::isDone);

        node.answer(GOOD);

        assertThat(verdicts).allSatisfy(verdict -> assertThat(verdict).isCompletedWithValue(new Valid(KEY)));
        assertThat(node.asked).isEqualTo(1);
        assertThat(node.uses).isEqualTo(1);
    }

    @Test
    void asksNobodyAboutAWrongSecret() {
        assertNo(key.verify(KeyHash.of("wrong")).toCompletableFuture(), "not the secret");
        assertThat(node.asked).isZero();
    }

    @Test
    void asksAgainBeforeAnybodyHasToWait() {
        var _ = verify();
        node.answer(GOOD);
        node.pass(Duration.ofMillis(499));
        assertThat(verify()).isCompletedWithValue(new Valid(KEY));
        assertThat(node.asked).isEqualTo(1);

        node.pass(Duration.ofMillis(1));

        assertThat(verify()).isCompletedWithValue(new Valid(KEY));
        assertThat(verify()).isCompletedWithValue(new Valid(KEY));
        assertThat(node.asked).isEqualTo(2);
        node.answer(REVOKED);
        assertNo(verify(), "revoked");
    }

    @Test
    void believesNoAnswerOfMoreThanASecondAgo() {
        var _ = verify();
        node.answer(GOOD);
        node.pass(Duration.ofSeconds(1));

        var verdict = verify();

        assertThat(verdict).isNotDone();
        node.answer(REVOKED);
        assertNo(verdict, "revoked");
    }

    @Test
    void believesNoAnswerThatTookMoreThanASecond() {
        var verdict = verify();
        node.pass(Duration.ofSeconds(1));
        node.answer(GOOD);
        assertThat(verdict).isNotDone();

        node.answer(REVOKED);

        assertNo(verdict, "revoked");
    }

    @Test
    void refusesWhenNobodyAnswersInTime() {
        var verdict = verify();
        for (var i = 0; i < 3; i++) {
            node.pass(Duration.ofSeconds(1));
            node.answer(GOOD);
        }

        assertUnsaid(verdict);
    }

    @Test
    void nobodyElseWaitsAfterAQuestionThatFailedButItIsAskedAnew() {
        var verdict = verify();
        node.questions.removeFirst().completeExceptionally(new IllegalStateException("no journal"));
        assertUnsaid(verdict);

        assertUnsaid(verify());
        assertUnsaid(verify());
        assertThat(node.asked).isEqualTo(2);
        node.answer(GOOD);
        assertThat(verify()).isCompletedWithValue(new Valid(KEY));
    }

    @Test
    void aFailureOfLongAgoIsForgotten() {
        var _ = verify();
        node.questions.removeFirst().completeExceptionally(new IllegalStateException("no journal"));
        node.pass(RingKey.UNSAID_FOR);

        var next = verify();

        assertThat(next).isNotDone();
        node.answer(GOOD);
        assertThat(next).isCompletedWithValue(new Valid(KEY));
    }

    @Test
    void endsWithTheInstantItExpires() {
        node.pass(Duration.ofSeconds(100).minusNanos(1));
        key.hear(GOOD, node.now);
        assertThat(verify()).isCompletedWithValue(new Valid(KEY));

        node.pass(Duration.ofNanos(1));

        assertNo(verify(), "expired");
    }

    @Test
    void tellsItsUseOnceAMinute() {
        for (var second = 0; second < 121; second++) {
            key.hear(new KeyStatus(Keys.key("k", null), null, null), node.now);
            var _ = verify();
            node.pass(Duration.ofSeconds(1));
        }

        assertThat(node.uses).isEqualTo(3);
    }

    @Test
    void anOlderAnswerChangesNothing() {
        var asked = node.now;
        node.pass(Duration.ofMillis(10));
        key.hear(REVOKED, node.now);

        key.hear(GOOD, asked);

        assertNo(verify(), "revoked");
    }

    sealed interface Step {}

    record Pass(int millis) implements Step {}

    record Verify() implements Step {}

    /** The actor sees a question; its answer is under way. */
    record See() implements Step {}

    record Arrive() implements Step {}

    record Fail() implements Step {}

    record Revoke() implements Step {}

    @Provide
    Arbitrary<List<Step>> steps() {
        return Arbitraries.<Step>oneOf(
                        Arbitraries.integers().between(0, 700).map(Pass::new),
                        Arbitraries.just(new Verify()),
                        Arbitraries.just(new See()),
                        Arbitraries.just(new Arrive()),
                        Arbitraries.just(new Fail()),
                        Arbitraries.of(new Revoke(), new Verify(), new See(), new Arrive()))
                .list()
                .ofMaxSize(80);
    }

    /** Whatever is asked, seen, answered and lost when: no key is good a second after its actor has written that it was revoked. */
    @Property(tries = 3000)
    void isNeverGoodASecondAfterItWasRevoked(@ForAll("steps") List<Step> steps) {
        var life = new Life();

        steps.forEach(life::live);

        life.check();
    }

    private static final class Life {
        private final Node node = new Node();
        private final RingKey key = new RingKey(Keys.key("k", null), HASH, node);
        private final List<CompletableFuture<KeyStatus>> seen = new ArrayList<>();
        private final List<KeyStatus> answers = new ArrayList<>();
        private final List<CompletableFuture<Verdict>> waiting = new ArrayList<>();
        private long revokedAt = Long.MAX_VALUE;

        void live(Step step) {
            switch (step) {
                case Pass(var millis) -> node.pass(Duration.ofMillis(millis));
                case Verify() -> waiting.add(key.verify(HASH).toCompletableFuture());
                case See() -> {
                    if (!node.questions.isEmpty()) {
                        seen.add(node.questions.removeFirst());
                        answers.add(
                                new KeyStatus(Keys.key("k", null), revokedAt == Long.MAX_VALUE ? null : NOON, null));
                    }
                }
                case Arrive() -> {
                    if (!seen.isEmpty()) {
                        seen.removeFirst().complete(answers.removeFirst());
                    }
                }
                case Fail() -> {
                    if (!node.questions.isEmpty()) {
                        node.questions.removeFirst().completeExceptionally(new IllegalStateException("lost"));
                    }
                }
                case Revoke() -> revokedAt = Math.min(revokedAt, node.now);
            }
            check();
        }

        void check() {
            assertThat(node.questions.size() + seen.size())
                    .as("questions at a time")
                    .isLessThanOrEqualTo(1);
            for (var verdict : waiting) {
                if (verdict.isDone() && verdict.resultNow() instanceof Valid) {
                    assertThat(node.now - revokedAt)
                            .isLessThan(Duration.ofSeconds(1).toNanos());
                }
            }
            waiting.removeIf(CompletableFuture::isDone);
        }
    }
}

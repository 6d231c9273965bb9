package dev.sluice.key;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.key.GatewayKeys.Refused;
import dev.sluice.key.GatewayKeys.Valid;
import dev.sluice.key.GatewayKeys.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StrangersTest {
    private static final Verdict NO = new Refused("no");
    private static final Verdict YES = new Valid(Keys.key("k", null));

    private final List<CompletableFuture<Verdict>> questions = new ArrayList<>();
    private long now;
    private final Strangers strangers = new Strangers(() -> now);

    private CompletableFuture<Verdict> verify(String key) {
        return strangers.verify(KeyHash.of(key), this::ask).toCompletableFuture();
    }

    private CompletionStage<Verdict> ask() {
        questions.add(new CompletableFuture<>());
        return questions.getLast();
    }

    @Test
    void areAskedAboutOnceHoweverManyWait() {
        var verdicts = IntStream.range(0, 50).mapToObj(_ -> verify("a")).toList();

        questions.getFirst().complete(NO);

        assertThat(questions).hasSize(1);
        assertThat(verdicts).allSatisfy(verdict -> assertThat(verdict).isCompletedWithValue(NO));
    }

    @Test
    void areRefusedForAWhileWithoutAQuestion() {
        var _ = verify("a");
        questions.getFirst().complete(NO);
        now += Strangers.REMEMBERED_FOR.toNanos() - 1;
        assertThat(verify("a")).isCompletedWithValue(NO);
        assertThat(questions).hasSize(1);

        now += 1;

        assertThat(verify("a")).isNotDone();
        assertThat(questions).hasSize(2);
    }

    @Test
    void areNoneAnyMoreWhenTheyAreKnown() {
        var _ = verify("a");
        questions.getFirst().complete(YES);

        assertThat(strangers.remembered()).isZero();
    }

    @Test
    void areRefusedWhenNobodyAnswersAndAskedAboutAnew() {
        var verdict = verify("a");
        questions.getFirst().completeExceptionally(new IllegalStateException("no answer"));

        assertThat(verdict).isCompletedWithValueMatching(it -> it instanceof Refused);
        assertThat(verify("a")).isNotDone();
    }

    @Test
    void areFewAtATime() {
        var verdicts = IntStream.range(0, 10_000).mapToObj(i -> verify("k" + i)).toList();

        assertThat(questions).hasSize(Strangers.ASKED_AT_ONCE);
        assertThat(verdicts.stream().filter(CompletableFuture::isDone)).hasSize(10_000 - Strangers.ASKED_AT_ONCE);
        questions.getFirst().complete(NO);
        assertThat(verify("next")).isNotDone();
    }

    @Test
    void fillNoMemory() {
        for (var i = 0; i < 100_000; i++) {
            var _ = verify("k" + i);
            questions.removeLast().complete(NO);
            assertThat(strangers.remembered()).isLessThanOrEqualTo(Strangers.REMEMBERED);
        }
    }
}

package dev.sluice.provider;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.provider.Renewed.Lease;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RenewedTest {
    private static final Duration LIFE = Duration.ofMinutes(60);

    private final SetClock clock = new SetClock();
    private final LinkedBlockingQueue<CompletableFuture<Lease<String>>> asked = new LinkedBlockingQueue<>();
    private final Renewed<String> renewed = new Renewed<>("test", this::ask, clock);

    @Test
    void hasNothingAtHandUntilItWasFetched() {
        assertThat(renewed.atHand()).isNull();
        var value = renewed.obtain();
        assertThat(renewed.atHand()).isNull();

        give("one");

        assertThat(value).isCompletedWithValue("one");
        assertThat(renewed.atHand()).isEqualTo("one");
        assertThat(asked).isEmpty();
    }

    @Test
    void fetchesOnceForAllWhoWait() {
        var waiting = new ArrayList<CompletableFuture<String>>();
        for (int i = 0; i < 200; i++) {
            waiting.add(renewed.obtain());
        }
        assertThat(asked).hasSize(1);

        give("one");

        assertThat(waiting).allSatisfy(value -> assertThat(value).isCompletedWithValue("one"));
    }

    @Test
    void renewsInTheBackgroundAndGoesOnWithTheOldOneMeanwhile() {
        hold("one");
        clock.move(Duration.ofMinutes(55));

        assertThat(renewed.atHand()).isEqualTo("one");
        assertThat(renewed.atHand()).isEqualTo("one");
        assertThat(asked).hasSize(1);
        give("two");

        assertThat(renewed.atHand()).isEqualTo("two");
    }

    @Test
    void keepsTheOldOneWhileItIsGoodWhenTheRenewalFailsAndTriesAgainAfterAPause() {
        hold("one");
        clock.move(Duration.ofMinutes(55));
        assertThat(renewed.atHand()).isEqualTo("one");
        fail();

        assertThat(renewed.atHand()).isEqualTo("one");
        assertThat(asked).as("no second try at once").isEmpty();
        clock.move(Renewed.RETRY_PAUSE);
        assertThat(renewed.atHand()).isEqualTo("one");
        assertThat(asked).hasSize(1);
        give("two");
        assertThat(renewed.atHand()).isEqualTo("two");
    }

    @Test
    void usesNothingPastItsEnd() {
        hold("one");
        clock.move(LIFE);

        assertThat(renewed.atHand()).isNull();
    }

    @Test
    void failsThoseWhoWaitAndServesTheNext() {
        var failing = renewed.obtain();
        fail();
        assertThat(failing).isCompletedExceptionally();

        var next = renewed.obtain();
        give("one");

        assertThat(next).isCompletedWithValue("one");
    }

    @Test
    void survivesASourceThatThrows() {
        var throwing = new Renewed<String>(
                "test",
                () -> {
                    throw new IllegalStateException("a bug");
                },
                clock);

        assertThat(throwing.obtain()).isCompletedExceptionally();
        assertThat(throwing.obtain()).isCompletedExceptionally();
    }

    @Test
    void forgetsOnlyWhatItStillHolds() {
        hold("one");
        renewed.forget("another");
        assertThat(renewed.atHand()).isEqualTo("one");
        renewed.forget("one");
        assertThat(renewed.atHand()).isNull();
    }

    @Test
    void neverFetchesTwiceAtATimeHoweverManyAsk() throws Exception {
        var underWay = new AtomicInteger();
        var most = new AtomicInteger();
        var fetches = new AtomicInteger();
        try (var threads = Executors.newFixedThreadPool(8);
                var askers = Executors.newVirtualThreadPerTaskExecutor()) {
            // Good for no time at all: everybody who comes after it has to fetch.
            var busy = new Renewed<Integer>(
                    "test",
                    () -> CompletableFuture.supplyAsync(
                            () -> {
                                most.accumulateAndGet(underWay.incrementAndGet(), Math::max);
                                Thread.onSpinWait();
                                underWay.decrementAndGet();
                                return new Lease<>(fetches.incrementAndGet(), clock.instant(), clock.instant());
                            },
                            threads),
                    clock);
            var tasks = new ArrayList<Callable<Integer>>();
            for (int i = 0; i < 2000; i++) {
                tasks.add(() -> busy.obtain().get());
            }
            for (Future<Integer> answer : askers.invokeAll(tasks)) {
                assertThat(answer.get()).isPositive();
            }
        }
        assertThat(most).hasValue(1);
    }

    private CompletionStage<Lease<String>> ask() {
        var answer = new CompletableFuture<Lease<String>>();
        asked.add(answer);
        return answer;
    }

    private void hold(String value) {
        var _ = renewed.obtain();
        give(value);
    }

    private void give(String value) {
        var now = clock.instant();
        asked.remove().complete(new Lease<>(value, now.plus(LIFE).minusSeconds(300), now.plus(LIFE)));
    }

    private void fail() {
        asked.remove().completeExceptionally(new UpstreamFailure(UpstreamFailure.Kind.UNREACHABLE, "down"));
    }
}

package dev.sluice.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.identity.Caller;
import dev.sluice.quota.Quota.Reservation;
import dev.sluice.session.Exchange;
import dev.sluice.session.RequestMemo;
import dev.sluice.session.Sessions;
import dev.sluice.wire.RequestHead.SessionHints;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** In which order what is written, whatever fails: a crash may come after any of it. */
class PostingTest {
    private final List<String> log = new ArrayList<>();
    private final Books books = new Books();
    private final Money money = new Money();
    private final Posting posting = new Posting(books, () -> log.add("posted"));

    /** Sessions that the test answers for. */
    private final class Books implements Sessions {
        final CompletableFuture<Long> recorded = new CompletableFuture<>();

        @Override
        public CompletionStage<Long> record(Exchange exchange) {
            log.add("record " + exchange.costNanos());
            return recorded;
        }

        @Override
        public CompletionStage<String> name(Caller caller, String prefix, SessionHints hints) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<Optional<Origin>> origin(Caller caller, String responseId) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<Done> link(String login, String responseId, Origin origin) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<String> home(String session, String model) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<Long> costOrLost(String requestId, RequestMemo memo, long estimateNanos) {
            throw new UnsupportedOperationException();
        }
    }

    /** A reservation that the test answers for. */
    private final class Money implements Reservation {
        final CompletableFuture<Done> recorded = new CompletableFuture<>();
        final CompletableFuture<Done> insisted = new CompletableFuture<>();
        final CompletableFuture<Done> closed = new CompletableFuture<>();

        @Override
        public CompletionStage<Done> recorded() {
            return recorded;
        }

        @Override
        public CompletionStage<Done> insist() {
            log.add("insist");
            return insisted;
        }

        @Override
        public CompletionStage<Done> settle(long costNanos) {
            log.add("settle " + costNanos);
            return closed;
        }

        @Override
        public CompletionStage<Done> release() {
            log.add("release");
            return closed;
        }
    }

    @Test
    void recordsWhatTheJournalHoldsAndThenSettlesIt() {
        posting.post(exchange(70L), money);
        assertThat(log).isEmpty();
        money.recorded.complete(Done.getInstance());
        assertThat(log).containsExactly("record 70");
        books.recorded.complete(70L);
        assertThat(log).containsExactly("record 70", "settle 70");
        money.closed.complete(Done.getInstance());
        assertThat(log).containsExactly("record 70", "settle 70", "posted");
    }

    /** Else the death of this node would leave an exchange that no bucket has ever heard of. */
    @Test
    void recordsNoCostBeforeABucketKnowsOfIt() {
        posting.post(exchange(70L), money);

        money.recorded.completeExceptionally(new IllegalStateException("cut off"));

        assertThat(log).containsExactly("insist");
        money.insisted.complete(Done.getInstance());
        books.recorded.complete(70L);
        assertThat(log).containsExactly("insist", "record 70", "settle 70");
    }

    @Test
    void recordsAtOnceWhatCostsNothing() {
        posting.post(exchange(null), money);

        money.recorded.completeExceptionally(new IllegalStateException("cut off"));
        books.recorded.complete(0L);

        assertThat(log).containsExactly("record null", "release");
    }

    @Test
    void leavesOutOfTheBooksWhatNoBucketWillHearOf() {
        posting.post(exchange(70L), money);

        money.recorded.completeExceptionally(new IllegalStateException("cut off"));
        money.insisted.completeExceptionally(new IllegalStateException("the node goes down"));

        assertThat(log).containsExactly("insist", "posted");
    }

    /** Somebody took this node for dead, and had the request recorded at its estimate. */
    @Test
    void settlesWhatTheSessionKnows() {
        money.recorded.complete(Done.getInstance());

        posting.post(exchange(70L), money);
        books.recorded.complete(90L);

        assertThat(log).containsExactly("record 70", "settle 90");
    }

    @Test
    void chargesWhatCouldNotBeRecorded() {
        money.recorded.complete(Done.getInstance());

        posting.post(exchange(70L), money);
        books.recorded.completeExceptionally(new IllegalStateException("too many"));

        assertThat(log).containsExactly("record 70", "settle 70");
    }

    @Test
    void recordsWhatHeldNoMoney() {
        posting.post(exchange(null), null);
        books.recorded.complete(0L);

        assertThat(log).containsExactly("record null", "posted");
    }

    private static Exchange exchange(@Nullable Long costNanos) {
        return new Exchange(
                "r1",
                "oacc_0123456789abcdef",
                "ann@example.com",
                "",
                List.of(),
                "sim",
                "sim-model",
                null,
                "ChatCompletions",
                "/v1/chat/completions",
                "POST",
                200,
                "",
                false,
                Instant.EPOCH,
                -1,
                0,
                null,
                costNanos,
                null,
                List.of(),
                null,
                Exchange.Outcome.CLIENT_CANCELLED,
                null,
                true,
                0,
                0,
                List.of("pool"),
                null,
                null);
    }
}

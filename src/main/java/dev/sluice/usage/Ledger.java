package dev.sluice.usage;

import dev.sluice.journal.Storage;
import dev.sluice.session.Exchange;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;

/** The ledger to read from: who used what, when, for how much. Runs behind the journal by a moment, never beside it. */
public interface Ledger extends Reports {

    /** Begins to follow the journal, on this node's storage, or on what nodes share; ends with the system. Once a node. */
    static Ledger start(ActorSystem<?> system, InstantSource clock) {
        return switch (Storage.kind(system)) {
            case SQLITE -> SqliteLedger.start(system);
            case CASSANDRA -> CassandraLedger.start(system, clock);
        };
    }

    /**
     * A session in a list.
     *
     * @param inputTokens       of all prompts, without what was read from a cache; with what was written to one
     * @param cachedInputTokens read from a cache
     * @param costNanos         the sum of known costs
     * @param unpriced          exchanges that used tokens at an unknown price
     */
    record SessionRow(
            String session,
            String login,
            String format,
            Instant first,
            Instant last,
            long exchanges,
            long inputTokens,
            long cachedInputTokens,
            long outputTokens,
            long costNanos,
            long unpriced) {}

    /**
     * What a caller used, ever; sums as of a session's.
     *
     * @param first when their first exchange began
     * @param last  when their latest did
     */
    record CallerRow(
            String login,
            Instant first,
            Instant last,
            long sessions,
            long exchanges,
            long inputTokens,
            long cachedInputTokens,
            long outputTokens,
            long costNanos,
            long unpriced) {}

    /**
     * How far the ledger is.
     *
     * @param reached     the journal's offset up to which it has everything; in a storage that nodes share, in milliseconds since 1970
     * @param target      as far as it must at least come to know what was there when it began to read
     * @param isCatchingUp whether what it tells is not all yet: it is being built anew, or was left behind
     */
    record State(long reached, long target, boolean isCatchingUp) {}

    State state();

    /**
     * Empties it and builds it anew from the journal. Completes when it is empty; meanwhile it tells what it has, and {@link #state} that this is not all.
     */
    CompletionStage<Done> rebuild();

    /** A session and exchanges of it. */
    record SessionView(SessionRow session, List<Exchange> exchanges) {}

    /**
     * Sessions, the last used first.
     *
     * @param login only this caller's; null for everybody's
     * @param limit  how many; a few more come when the last ones were last used at the same instant, so that no page splits them
     * @param before for the next page: the {@code last} of the previous page's last row; null for the first page
     */
    CompletionStage<List<SessionRow>> sessions(@Nullable String login, int limit, @Nullable Instant before);

    /** One session with its exchanges, oldest first, at most {@code limit} of them, the latest. */
    CompletionStage<Optional<SessionView>> session(String id, int limit);

    /** One exchange, as the journal has it; empty when the ledger has none of this id, or not yet. */
    CompletionStage<Optional<Exchange>> exchange(String requestId);

    /**
     * Callers by login, compared byte by byte.
     *
     * @param login only this one; null for everybody
     * @param after for the next page: the previous page's last login; null for the first page
     */
    CompletionStage<List<CallerRow>> callers(@Nullable String login, int limit, @Nullable String after);

    /** Exchanges in the journal that are yet to be taken up; counted to a thousand. */
    default CompletionStage<Long> behind() {
        return CompletableFuture.completedStage(0L);
    }
}

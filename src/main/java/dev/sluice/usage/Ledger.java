package dev.sluice.usage;

import dev.sluice.session.Exchange;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The ledger to read from: who used what, when, for how much. Runs behind the journal by a moment, never beside it. */
public interface Ledger {

    /** A session in a list. {@code costNanos} is the sum of known costs; {@code unpriced} counts the unknown ones. */
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

    record SessionView(SessionRow session, List<Exchange> exchanges) {}

    /**
     * Sessions, the last used first.
     *
     * @param login only this caller's; null for everybody's
     * @param before for the next page: the {@code last} of the previous page's last row; null for the first page
     */
    CompletionStage<List<SessionRow>> sessions(@Nullable String login, int limit, @Nullable Instant before);

    /** One session with its exchanges, oldest first, at most {@code limit} of them, the latest. */
    CompletionStage<Optional<SessionView>> session(String id, int limit);
}

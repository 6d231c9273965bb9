package dev.sluice.capture;

import dev.sluice.config.DatabaseRule;
import dev.sluice.journal.Storage;
import dev.sluice.session.Exchange;
import dev.sluice.wire.ToolCall;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;

/** What was said, kept for as long as the policy says. Nothing here is on anybody's clock, and no request fails because of it. */
public interface Captures {

    /**
     * Opens the node's captures where {@code sluice.storage.kind} says; purges them from time to time; ends with the system. Once a node.
     *
     * @param queueBytes what may wait to be written; beyond it captures are dropped and counted
     * @param rule       the one in force now, by which is purged
     * @throws dev.sluice.journal.UnusableStorageException if the file cannot be used as it is
     */
    static Captures start(ActorSystem<?> system, long queueBytes, Supplier<DatabaseRule> rule, InstantSource clock) {
        return switch (Storage.kind(system)) {
            case SQLITE -> SqliteCaptures.start(system, queueBytes, rule, clock);
            case CASSANDRA -> CassandraCaptures.start(system, queueBytes, rule, clock);
        };
    }

    /** A request is on its way: a large body is written already now, and let go when nobody else needs it. Costs the caller next to nothing. */
    void begin(String session, String login, Transcript transcript, DatabaseRule rule);

    /**
     * A request is over. What was said is written, unless the rule keeps nothing; idempotent by request id.
     *
     * @return completes, never with a failure, when the transcript is not needed any more
     */
    CompletionStage<Done> keep(Exchange exchange, Transcript transcript, List<ToolCall> tools, DatabaseRule rule);

    /** What was said in an exchange; empty when it was not kept, or not long enough. */
    CompletionStage<Optional<Capture>> find(String requestId);

    /**
     * A capture in a list.
     *
     * @param number grows with time
     * @param bytes  of the request's body
     */
    record Kept(long number, String requestId, long bytes) {}

    /**
     * A session's captures that still have what was said, the latest first.
     *
     * @param before for the next page: the number of the previous page's last; null for the first page
     */
    CompletionStage<List<Kept>> ofSession(String session, String login, int limit, @Nullable Long before);

    /** A request that had a header. */
    record Headed(String requestId, Instant started) {}

    /**
     * Requests that were made, or answered, with a header that the policy lets be filtered by; the latest first.
     *
     * @param name   in any case
     * @param value  all of it; empty for any. Of values that are not kept, {@link HeaderLine#REDACTED}
     * @param login  only this caller's; null for everybody's
     * @param limit  how many; a few more come when the last ones began at the same instant, so that no page splits them
     * @param before for the next page: when the previous page's last began; null for the first page
     */
    CompletionStage<List<Headed>> withHeader(
            String name, String value, @Nullable String login, int limit, @Nullable Instant before);

    /** All of a session, with its header rows; answers how many captures there were. What it cost stays. */
    CompletionStage<Long> deleteSession(String session);

    /** All of a caller; as above. */
    CompletionStage<Long> deleteLogin(String login);

    /** What is over its time by the rule in force, in small pieces; completes when that is done. Done from time to time by itself. */
    CompletionStage<Done> purge();

    /**
     * What was exported may be purged where the rule requires an export. To be told of every exchange up to the offset that is done with, those which no exporter wanted included.
     *
     * <p>An exchange that the journal has was given to {@link #keep} before, so what is told here is always written by then.
     *
     * @param offset in the journal, up to which all is exported
     */
    CompletionStage<Done> exported(Collection<String> requestIds, long offset);

    /** The offset that was told last; 0 at first. */
    CompletionStage<Long> exportedUpTo();

    /**
     * Since the start.
     *
     * @param kept        written
     * @param dropped     not written, because too much waited or because there was no room for the transcript
     * @param failed      not written, because that failed
     * @param queuedBytes waiting now
     */
    record Counts(long kept, long dropped, long failed, long queuedBytes) {}

    Counts counts();
}

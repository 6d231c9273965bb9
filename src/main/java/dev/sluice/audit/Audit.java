package dev.sluice.audit;

import dev.sluice.identity.Caller;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;

/** What administrators did, and what others tried to. */
public interface Audit {
    /** A cursor before which everything is. */
    long NEWEST = Long.MAX_VALUE;

    /**
     * Opens the room on a node: call it once.
     *
     * @param random makes the ids of actions; safe to share between threads
     */
    static Audit start(ActorSystem<?> system, InstantSource clock, RandomGenerator random) {
        return ShardedAudit.start(system, clock, random);
    }

    /** How an action ended. */
    enum Outcome {
        /** As it was asked. */
        DONE,
        /** Its endpoint answered with 4xx: nothing was changed. */
        REFUSED,
        /** Its endpoint answered with 5xx: it may have happened. */
        FAILED,
        /** The caller is no administrator: it was not even tried. */
        DENIED,
        /** Under way, or its node died, or its end could not be written: it may have happened. */
        UNKNOWN
    }

    /** An action that has begun. */
    interface Running {
        /** Completes when the journal holds how it ended; fails when it does not. */
        CompletionStage<Done> end(int status, Notes notes);
    }

    /**
     * One action.
     *
     * @param number its place, newer ones have higher ones; a cursor for {@link #list}
     * @param at     when it was asked for
     * @param path   without the query
     * @param status of the answer; null when nobody knows
     */
    record Entry(
            long number,
            String id,
            Instant at,
            String login,
            String node,
            List<String> tags,
            String method,
            String path,
            @Nullable Integer status,
            Outcome outcome,
            Map<String, String> notes) {}

    /**
     * Some entries, the newest first.
     *
     * @param nextBefore the cursor of the next page; null on the last one
     */
    record Page(List<Entry> entries, @Nullable Long nextBefore) {}

    /** Completes when the journal holds that somebody is about to do this; fails when it does not, and then it must not be done. */
    CompletionStage<Running> begin(Caller caller, String method, String path);

    /** Somebody tried what they may not do. Recorded soon, and not every time if they try often. */
    void denied(Caller caller, String method, String path, int status);

    /** At most so many of those before a cursor. */
    CompletionStage<Page> list(int limit, long before);
}

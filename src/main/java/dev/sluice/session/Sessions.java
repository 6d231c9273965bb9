package dev.sluice.session;

import dev.sluice.identity.Caller;
import dev.sluice.wire.RequestHead.SessionHints;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;

/** What belongs together. */
public interface Sessions {

    /**
     * The sessions of a cluster, seen from this node; once per actor system. Stages complete on a thread of the system that
     * carries every acknowledgement: what hangs on them should be short, or go elsewhere by an {@code Async} variant.
     *
     * @param random safe to share between threads
     */
    static Sessions start(ActorSystem<?> system, InstantSource clock, RandomGenerator random) {
        return ShardedSessions.start(system, clock, random);
    }

    /** Under which name the journal keeps a session's exchanges. */
    static String persistenceId(String session) {
        return Session.persistenceId(session).id();
    }

    /**
     * The session of a request, by its hints: the client's own id, a chain of responses, else a fingerprint, else random. Two callers
     * never share one, whatever id they send.
     *
     * @param prefix the wire format's four letters
     */
    CompletionStage<String> name(Caller caller, String prefix, SessionHints hints);

    /** Where a response came from. */
    record Origin(String session, String provider, String model) {}

    /**
     * Where a response of this caller's came from; empty when this caller has made no such response, or too long ago. Another
     * caller's responses are none.
     */
    CompletionStage<Optional<Origin>> origin(Caller caller, String responseId);

    /**
     * Remembers where a response came from whose exchange is recorded later, because it goes on in the background. Completes when
     * {@link #record} would.
     */
    CompletionStage<Done> link(String login, String responseId, Origin origin);

    /**
     * Which provider answers a model in a conversation: the one that answered it first. A conversation does well to stay there, for the sake of
     * prompt caches and of what only that provider can read again.
     *
     * @param model as the client asks for it, without a provider
     * @return {@code provider/model}; empty when nothing was answered yet, or nobody could say in time
     */
    CompletionStage<String> home(String session, String model);

    /**
     * Remembers an exchange; idempotent by request id; completes when the journal holds it, with its cost (0 where the price is unknown):
     * of an exchange that was recorded for this request before, if there was one. Sent again until it does; fails only when too many
     * are under way already, or the node goes down.
     */
    CompletionStage<Long> record(Exchange exchange);

    /**
     * What a request cost whose gateway died: the recorded cost if its exchange was recorded, else an exchange with outcome
     * {@link Exchange.Outcome#LOST} is recorded at the estimate, with what the memo tells. Completes when the journal holds it.
     */
    CompletionStage<Long> costOrLost(String requestId, RequestMemo memo, long estimateNanos);
}

package dev.sluice.session;

import dev.sluice.identity.Caller;
import dev.sluice.wire.RequestHead.SessionHints;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;

/** What belongs together. */
public interface Sessions {

    /**
     * The session of a request, by its hints: the client's own id, a chain of responses, else a fingerprint, else random. Two callers
     * never share one, whatever id they send.
     *
     * @param prefix the wire format's four letters
     */
    CompletionStage<String> name(Caller caller, String prefix, SessionHints hints);

    /** Remembers an exchange; idempotent by request id; completes when the journal holds it. */
    CompletionStage<Done> record(Exchange exchange);

    /**
     * What a request cost whose gateway died: the recorded cost if its exchange was recorded, else an exchange with outcome
     * {@link Exchange.Outcome#LOST} is recorded at the estimate. Completes when the journal holds it.
     */
    CompletionStage<Long> costOrLost(String session, String requestId, long estimateNanos);
}

package dev.sluice.provider;

import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.jspecify.annotations.Nullable;

/** Where the proofs come from that a provider wants to see: keys as configured, tokens that end, signatures. */
interface Credential {
    /** Lower-case names of the headers that a proof may set. Nothing else may set them on the same request. */
    Set<String> names();

    /** What this request carries, when it is at hand, as it nearly always is; null when {@link #obtain} has to be waited for. */
    @Nullable
    Proof atHand(HttpRequest request);

    /** Whether a request that was refused for its key would carry another one that has not been refused. */
    default boolean hasAnother() {
        return false;
    }

    /** How many of its keys rest. */
    default int resting() {
        return 0;
    }

    /** Fetches what is not at hand; fails with an {@link UpstreamFailure}. */
    CompletionStage<Proof> obtain(HttpRequest request);
}

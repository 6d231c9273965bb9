package dev.sluice.provider;

import dev.sluice.config.ProviderRule;
import dev.sluice.config.Settings;
import java.net.URI;
import java.time.InstantSource;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.AttributeKey;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** Talks to providers: adds the credential, keeps connections, holds the clocks. */
public interface Providers {

    /**
     * On a request: completes when nobody waits for its answer any more. An answer that has not begun is then given up and
     * its connection closed; one that has begun ends when its entity is cancelled.
     */
    @SuppressWarnings("rawtypes") // An attribute key is made from a class, and a class has no type arguments.
    AttributeKey<CompletionStage> ABANDONED = AttributeKey.create("sluice-abandoned", CompletionStage.class);

    /** On a request to a provider that clients bring their own credential for: what this client brought. */
    AttributeKey<ClientCredential> CLIENT_CREDENTIAL =
            AttributeKey.create("sluice-client-credential", ClientCredential.class);

    /**
     * Gets ready to send.
     *
     * @throws IllegalArgumentException when the settings name a file that cannot be used
     */
    static Providers start(ActorSystem<?> system, Settings settings, InstantSource clock, RandomGenerator random) {
        return new Relay(system, settings.limits(), new Lines(system, settings, random), clock, random);
    }

    /**
     * Whether a request should go to a provider now: not while it rests after a row of failures. Ask it right before {@link #send}: a request that
     * is told so by a provider that has rested is the one that probes it.
     */
    boolean takes(ProviderRule provider);

    /**
     * Whether a request that a provider refused for its key (401, 402, 403, 429) would carry another key next, one that has not been refused. To be
     * asked when that answer is there: its key rests by then.
     */
    boolean hasAnotherKey(ProviderRule provider);

    /** How a provider does; asks nobody and changes nothing. */
    Condition condition(ProviderRule provider);

    /**
     * Sends a request to a provider. Where several would set the same header, the credential does; then the provider's
     * {@code add_headers}; then the request.
     *
     * @param request with the client's path and query as URI, end-to-end headers only and no credential
     * @return the answer with a back-pressured entity, which must be run or its connection stays taken; or an {@link UpstreamFailure}. An entity that
     *     breaks off fails. Continuations run on the connection's own thread.
     */
    CompletionStage<HttpResponse> send(ProviderRule provider, HttpRequest request);

    /**
     * Sends a request to somebody who is no provider, by the ways that requests take. Redirects are not followed.
     *
     * @param address where to; it takes the place of the request's URI and {@code Host}
     * @param request with all the headers that it is to have; {@link #ABANDONED} ends it before the provider's clocks do
     * @return as from the other {@code send}
     */
    CompletionStage<HttpResponse> send(URI address, HttpRequest request);

    /**
     * Fetches a small document from somebody who is no provider, by the ways that requests take: through the same proxies, believing the same
     * authorities. Redirects are not followed.
     *
     * @return its bytes; or an {@link UpstreamFailure} for any status but 200, for too many bytes, and when it takes too long
     */
    CompletionStage<byte[]> document(URI address);
}

package dev.sluice.provider;

import dev.sluice.config.ProviderRule;
import dev.sluice.config.Settings;
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

    /**
     * Gets ready to send.
     *
     * @throws IllegalArgumentException when the settings name a file that cannot be used
     */
    static Providers start(ActorSystem<?> system, Settings settings, RandomGenerator random) {
        return new Relay(system, settings.limits(), new Lines(system, settings, random));
    }

    /**
     * Whether a request should go to a provider now: not while it rests after a row of failures. Ask it right before {@link #send}: a request that
     * is told so by a provider that has rested is the one that probes it.
     */
    boolean takes(ProviderRule provider);

    /**
     * Sends a request to a provider.
     *
     * @param request with the client's path and query as URI, end-to-end headers only and no credential
     * @return the answer with a back-pressured entity, which must be run or its connection stays taken; or an {@link UpstreamFailure}. An entity that
     *     breaks off fails. Continuations run on the connection's own thread.
     */
    CompletionStage<HttpResponse> send(ProviderRule provider, HttpRequest request);
}

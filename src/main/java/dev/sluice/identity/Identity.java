package dev.sluice.identity;

import dev.sluice.config.Settings;
import dev.sluice.key.GatewayKeys;
import io.netty.bootstrap.Bootstrap;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.model.HttpRequest;

/** Knows who is calling: a chain of resolvers, the first that knows wins. Nobody knows: empty, which is a denial. */
public interface Identity {

    /**
     * As the node's settings say.
     *
     * @param documents   fetches a small one from an issuer of tokens
     * @param socketFiles connects, on an event loop, to a program that listens on a socket file
     * @throws IllegalArgumentException when a trusted proxy is no address
     */
    static Identity of(
            Settings settings,
            Function<URI, CompletionStage<byte[]>> documents,
            Function<Path, Bootstrap> socketFiles,
            InstantSource clock,
            GatewayKeys keys) {
        return IdentityChain.of(settings, documents, socketFiles, clock, new KeyResolver(keys));
    }

    /**
     * Fails with an {@link UnansweredException} alone, when one who knows the caller gives no answer now; otherwise a resolver in trouble
     * denies. Completed already when no resolver had to ask anybody.
     *
     * @param peer one object for all requests of a connection: what was learnt of a connection is kept by it
     */
    CompletionStage<Optional<Identified>> identify(InetSocketAddress peer, HttpRequest request);

    /** What the node's tailnet is called; empty when it is in none, or nobody knows yet. */
    default String tailnet() {
        return "";
    }

    /** Lower-case names of headers that carry identity; they are never sent upstream. */
    Set<String> headers();
}

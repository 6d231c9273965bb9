package dev.sluice.identity;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks one resolver after the other; the first that knows, or doubts, has the last word. */
final class IdentityChain implements Identity {
    private static final Logger LOG = LoggerFactory.getLogger(IdentityChain.class);
    private static final CompletionStage<Optional<Caller>> NOBODY = CompletableFuture.completedStage(Optional.empty());

    private final List<Resolver> resolvers;

    IdentityChain(List<Resolver> resolvers) {
        this.resolvers = List.copyOf(resolvers);
    }

    @Override
    public CompletionStage<Optional<Caller>> identify(InetSocketAddress peer, HttpRequest request) {
        var address = peer.getAddress();
        if (address == null) {
            return NOBODY;
        }
        for (var resolver : resolvers) {
            switch (resolver.resolve(address, request)) {
                case Resolver.Known(var caller) -> {
                    return caller;
                }
                case Resolver.Doubted(var why) -> {
                    LOG.atInfo()
                            .addKeyValue("peer", address.getHostAddress())
                            .addKeyValue("why", why)
                            .log("Nobody identified");
                    return NOBODY;
                }
                case Resolver.Unknown _ -> {
                    // The next one may know.
                }
            }
        }
        return NOBODY;
    }

    @Override
    public Set<String> headers() {
        return IdentityHeaders.ALL;
    }
}

package dev.sluice.identity;

import dev.sluice.config.IdentitySettings;
import dev.sluice.config.Settings;
import io.netty.bootstrap.Bootstrap;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks one resolver after the other; the first that knows, or doubts, has the last word. */
final class IdentityChain implements Identity {
    private static final Logger LOG = LoggerFactory.getLogger(IdentityChain.class);
    private static final CompletionStage<Optional<Identified>> NOBODY =
            CompletableFuture.completedStage(Optional.empty());

    private final List<Resolver> resolvers;
    private final Supplier<String> tailnet;

    /** As the node's settings say. */
    static Identity of(
            Settings settings,
            Function<URI, CompletionStage<byte[]>> documents,
            Function<Path, Bootstrap> socketFiles,
            InstantSource clock,
            Resolver keys) {
        var trusted = settings.trustedProxies().stream().map(AddressRange::of).toList();
        var means = new EnumMap<IdentitySettings.Means, Resolver>(IdentitySettings.Means.class);
        means.put(IdentitySettings.Means.KEYS, keys);
        means.put(IdentitySettings.Means.LOOPBACK, new Loopback());
        means.put(IdentitySettings.Means.SERVE_HEADERS, new ServeHeaders(trusted));
        Supplier<String> tailnet = () -> "";
        var tailscale = settings.identity().tailscale();
        if (tailscale.isOn()) {
            var socket = Path.of(tailscale.socket());
            var daemon = new LocalApi(() -> socketFiles.apply(socket), tailscale.timeout());
            tailnet = new TailnetName(daemon::status, clock);
            means.put(IdentitySettings.Means.TAILSCALE, new Tailnet(daemon, trusted, tailscale.cache(), clock));
        }
        if (!settings.identity().issuers().isEmpty()) {
            means.put(
                    IdentitySettings.Means.JWT, JwtTokens.of(settings.identity().issuers(), documents, clock));
        }
        return new IdentityChain(
                settings.identity().order().stream()
                        .flatMap(it -> Stream.ofNullable(means.get(it)))
                        .toList(),
                tailnet);
    }

    IdentityChain(List<Resolver> resolvers) {
        this(resolvers, () -> "");
    }

    private IdentityChain(List<Resolver> resolvers, Supplier<String> tailnet) {
        this.resolvers = List.copyOf(resolvers);
        this.tailnet = tailnet;
    }

    @Override
    public CompletionStage<Optional<Identified>> identify(InetSocketAddress peer, HttpRequest request) {
        return peer.getAddress() == null ? NOBODY : from(0, peer, request);
    }

    private CompletionStage<Optional<Identified>> from(int first, InetSocketAddress peer, HttpRequest request) {
        // A loop, because most resolvers answer at once.
        for (var index = first; index < resolvers.size(); index++) {
            var answer = resolvers.get(index).resolve(peer, request);
            if (!(answer instanceof Resolver.Unknown)) {
                return after(answer, index + 1, peer, request);
            }
        }
        return NOBODY;
    }

    private CompletionStage<Optional<Identified>> after(
            Resolver.Answer told, int next, InetSocketAddress peer, HttpRequest request) {
        return switch (told) {
            case Resolver.Known(var identified) ->
                CompletableFuture.completedStage(Optional.of(withOthers(identified, next - 1, request)));
            case Resolver.Doubted(var why) -> doubted(peer, why);
            case Resolver.Unanswered(var why) -> unanswered(peer, why);
            case Resolver.Unknown _ -> from(next, peer, request);
            case Resolver.Asking(var answer) ->
                answer.exceptionally(IdentityChain::trouble).thenCompose(more -> after(more, next, peer, request));
        };
    }

    /** What would have been a proof to the others is as little anybody's business as what was one. */
    private Identified withOthers(Identified identified, int knower, HttpRequest request) {
        var all = identified;
        for (var index = 0; index < resolvers.size(); index++) {
            if (index != knower) {
                all = all.and(resolvers.get(index).credentials(request));
            }
        }
        return all;
    }

    private static Resolver.Answer trouble(Throwable failure) {
        LOG.atError().setCause(failure).log("a resolver of identities failed");
        return new Resolver.Doubted("a resolver failed");
    }

    private static CompletionStage<Optional<Identified>> doubted(InetSocketAddress peer, String why) {
        log(peer, why, "Nobody identified");
        return NOBODY;
    }

    private static CompletionStage<Optional<Identified>> unanswered(InetSocketAddress peer, String why) {
        log(peer, why, "Nobody could say who it is");
        return CompletableFuture.failedStage(new UnansweredException(why));
    }

    private static void log(InetSocketAddress peer, String why, String what) {
        LOG.atInfo()
                .addKeyValue("peer", peer.getAddress().getHostAddress())
                .addKeyValue("why", why)
                .log(what);
    }

    @Override
    public Set<String> headers() {
        return IdentityHeaders.ALL;
    }

    @Override
    public String tailnet() {
        return tailnet.get();
    }
}

package dev.sluice.identity;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Knows the tailnet's peers: asks its daemon on this machine.
 *
 * <p>Who could be one is asked about, and nobody else. That is whoever comes from the tailnet's own ranges, by address; whoever comes from
 * this machine, by connection, for with userspace networking the daemon itself connects to us on a peer's behalf; and a tagged
 * machine behind a trusted proxy, for which Serve has no headers but the address. Whoever could be one is nobody as long as the
 * daemon does not answer, local programs included: without its word, peers would pass for them.
 *
 * <p>What is learnt of a connection of this machine is kept by the connection and not by its port, because ports are used again: a peer
 * could wait for the port of a local program that has just left.
 */
final class Tailnet implements Resolver {
    private static final List<AddressRange> RANGES =
            List.of(AddressRange.of("100.64.0.0/10"), AddressRange.of("fd7a:115c:a1e0::/48"));

    /** More than the devices of most tailnets; an answer is about a kilobyte. */
    private static final int MOST_REMEMBERED = 8192;

    /** Questions at one time. Past it the daemon has stopped answering, and each question may hold an answer's memory. */
    private static final int MOST_QUESTIONS = 512;

    /** Who is not known, or not told, is asked about again soon: they may just be joining. */
    private static final Duration DENIAL = Duration.ofSeconds(1);

    private static final Doubted FORGED = new Doubted("a peer of the tailnet sent headers that a proxy writes");
    private static final Doubted BUSY = new Doubted("too many questions to tailscaled at one time");

    private final LocalApi daemon;
    private final List<AddressRange> trusted;
    private final Duration cache;
    private final InstantSource clock;
    private final Remembered<Object, Answer> remembered;
    private final ConcurrentHashMap<Object, CompletableFuture<Answer>> asked = new ConcurrentHashMap<>();
    private final Seldom trouble = new Seldom(LoggerFactory.getLogger(Tailnet.class), "tailscaled is of no help");

    /** By the object that stands for it, which lives as long as it does, or longer. */
    private record Connection(InetSocketAddress peer) {
        @Override
        @SuppressWarnings("ReferenceEquality") // Two connections in a row may have one address and port.
        public boolean equals(@Nullable Object other) {
            return other instanceof Connection that && that.peer == peer;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(peer);
        }
    }

    /**
     * One tailnet.
     *
     * @param trusted proxies that say for whom they ask
     * @param cache   how long an answer is believed
     */
    Tailnet(LocalApi daemon, List<AddressRange> trusted, Duration cache, InstantSource clock) {
        this.daemon = daemon;
        this.trusted = List.copyOf(trusted);
        this.cache = cache;
        this.clock = clock;
        this.remembered = new Remembered<>(MOST_REMEMBERED, clock);
    }

    @Override
    public Answer resolve(InetSocketAddress peer, HttpRequest request) {
        var address = peer.getAddress();
        if (AddressRange.anyContains(trusted, address)) {
            var said = Forwarding.of(request);
            if (said.forwarded()) {
                return AddressRange.isLoopback(address) ? behindProxyHere(peer, said) : behindProxy(said);
            }
        }
        if (isTailnet(address)) {
            return ask(address, text(address) + ":" + peer.getPort());
        }
        return AddressRange.isLoopback(address)
                ? ask(new Connection(peer), text(address) + ":" + peer.getPort())
                : Unknown.INSTANCE;
    }

    /**
     * With userspace networking the daemon connects from this machine on a peer's behalf, and that peer may write what headers it likes. So the
     * proxy's word counts only for a connection of which the daemon knows nothing.
     */
    private Answer behindProxyHere(InetSocketAddress peer, Forwarding said) {
        var connection = ask(new Connection(peer), text(peer.getAddress()) + ":" + peer.getPort());
        return connection instanceof Asking(var answer)
                ? new Asking(answer.thenCompose(it -> afterwards(behindProxyHere(it, said))))
                : behindProxyHere(connection, said);
    }

    private Answer behindProxyHere(Answer connection, Forwarding said) {
        return switch (connection) {
            case Known _ -> FORGED;
            case Unknown _ -> behindProxy(said);
            case Doubted _, Unanswered _, Asking _ -> connection;
        };
    }

    private static CompletionStage<Answer> afterwards(Answer answer) {
        return answer instanceof Asking(var later) ? later : CompletableFuture.completedStage(answer);
    }

    private Answer behindProxy(Forwarding said) {
        var behind = said.machine();
        return behind != null && isTailnet(behind) ? ask(behind, text(behind)) : Unknown.INSTANCE;
    }

    static boolean isTailnet(InetAddress address) {
        return AddressRange.anyContains(RANGES, address);
    }

    private static String text(InetAddress address) {
        var text = address.getHostAddress().replaceFirst("%.*", "");
        return text.indexOf(':') < 0 ? text : "[" + text + "]";
    }

    private Answer ask(Object about, String address) {
        var known = remembered.get(about);
        if (known != null) {
            return known;
        }
        if (asked.size() >= MOST_QUESTIONS && !asked.containsKey(about)) {
            trouble.warn(address, BUSY.why());
            return BUSY;
        }
        var question = new CompletableFuture<Answer>();
        var before = asked.putIfAbsent(about, question);
        if (before != null) {
            return new Asking(before);
        }
        var since = clock.instant();
        var _ = daemon.whoIs(address).handle((reply, failure) -> {
            var answer = reply != null ? answer(reply) : noAnswer(failure);
            if (answer instanceof Doubted(var why)) {
                trouble.warn(address, why);
            }
            remember(about, answer, since);
            asked.remove(about, question);
            question.complete(answer);
            return answer;
        });
        return new Asking(question);
    }

    private static Answer answer(LocalApi.Reply reply) {
        return switch (reply.status()) {
            case 200 -> WhoIs.read(reply.body());
            case 404 -> Unknown.INSTANCE;
            default -> new Doubted("tailscaled answered " + reply.status());
        };
    }

    private static Answer noAnswer(@Nullable Throwable failure) {
        return new Doubted("tailscaled gave no answer: " + (failure == null ? "" : failure.getMessage()));
    }

    /** From when it was asked: an answer that took long is as old as its question. */
    private void remember(Object about, Answer answer, Instant since) {
        var most = answer instanceof Known || cache.compareTo(DENIAL) < 0 ? cache : DENIAL;
        remembered.put(about, answer, most.minus(Duration.between(since, clock.instant())));
    }
}

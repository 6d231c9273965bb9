package dev.sluice.provider;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The addresses of one host, best first.
 *
 * <p>The JDK keeps what it has found for half a minute, and here it is kept for a few seconds more, so that a burst of new connections
 * asks once: so long at most a changed address goes unnoticed. Not by Pekko's own resolver, which keeps what it found as well but tells one
 * address only.
 */
final class Addresses {
    /** More would not be tried within anybody's patience. */
    private static final int MAX_ADDRESSES = 4;

    private static final Duration KEPT = Duration.ofSeconds(5);

    /** Finds a name's addresses, and may block. */
    @FunctionalInterface
    interface Lookup {
        InetAddress[] all(String name) throws UnknownHostException;
    }

    private final String name;
    private final int port;
    private final Lookup lookup;
    private final Executor blocking;
    private final @Nullable CompletableFuture<List<InetSocketAddress>> literal;
    private final AtomicReference<@Nullable CompletableFuture<List<InetSocketAddress>>> running =
            new AtomicReference<>();
    private volatile Found last = new Found(List.of(), 0);
    private volatile @Nullable InetSocketAddress worked;

    /** @param at by {@link System#nanoTime} */
    private record Found(List<InetSocketAddress> addresses, long at) {
        boolean isFresh() {
            return !addresses.isEmpty() && System.nanoTime() - at < KEPT.toNanos();
        }
    }

    /** @param blocking where a lookup may block */
    Addresses(String name, int port, Lookup lookup, Executor blocking) {
        this.name = name;
        this.port = port;
        this.lookup = lookup;
        this.blocking = blocking;
        var address = ProxyRules.literal(name);
        this.literal = address == null
                ? null
                : CompletableFuture.completedFuture(List.of(new InetSocketAddress(address, port)));
    }

    /** One at least, or a failure. Whoever asks while somebody else does gets the same answer. */
    CompletableFuture<List<InetSocketAddress>> find() {
        if (literal != null) {
            return literal;
        }
        var known = last;
        if (known.isFresh()) {
            return CompletableFuture.completedFuture(known.addresses());
        }
        var mine = new CompletableFuture<List<InetSocketAddress>>();
        var others = running.compareAndExchange(null, mine);
        if (others != null) {
            return others;
        }
        return CompletableFuture.supplyAsync(this::lookUp, blocking).whenComplete((found, failure) -> {
            running.set(null);
            if (found != null) {
                mine.complete(found);
            } else {
                mine.completeExceptionally(failure);
            }
        });
    }

    private List<InetSocketAddress> lookUp() {
        try {
            last = new Found(ordered(lookup.all(name)), System.nanoTime());
            return last.addresses();
        } catch (UnknownHostException _) {
            // A name server in trouble does not mean that the provider has moved.
            if (last.addresses().isEmpty()) {
                throw new CompletionException(new UnknownHostException(name + " cannot be resolved to an address"));
            }
            return last.addresses();
        }
    }

    /** As the JDK sorts them, but for one of them that has worked before. */
    private List<InetSocketAddress> ordered(InetAddress[] found) {
        var all = new ArrayList<InetSocketAddress>(found.length);
        Arrays.stream(found).forEach(address -> all.add(new InetSocketAddress(address, port)));
        var known = worked;
        if (known != null && all.remove(known)) {
            all.addFirst(known);
        }
        return List.copyOf(all.subList(0, Math.min(all.size(), MAX_ADDRESSES)));
    }

    /** A connection to it stands: the next one begins there. */
    void worked(InetSocketAddress address) {
        worked = address;
    }
}

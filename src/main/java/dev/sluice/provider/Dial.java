package dev.sluice.provider;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;

/** The way to a new connection for one call: one address after the other, all within the clock. */
final class Dial {
    /** Less would give up on an address that is merely far away. */
    private static final Duration LEAST = Duration.ofSeconds(1);

    final Call call;
    private final Iterator<InetSocketAddress> addresses;
    private final long deadline;
    private int left;

    Dial(Call call, List<InetSocketAddress> addresses, Duration clock) {
        this.call = call;
        this.addresses = addresses.iterator();
        this.left = addresses.size();
        this.deadline = System.nanoTime() + clock.toNanos();
    }

    boolean hasNext() {
        return addresses.hasNext() && System.nanoTime() < deadline;
    }

    InetSocketAddress next() {
        return addresses.next();
    }

    /** How long the address that {@link #next} told may take: its share of what is left, so that the others get theirs. */
    Duration patience() {
        var rest = Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
        var share = rest.dividedBy(Math.max(1, left--));
        return share.compareTo(LEAST) < 0 && rest.compareTo(LEAST) > 0 ? LEAST : share;
    }
}

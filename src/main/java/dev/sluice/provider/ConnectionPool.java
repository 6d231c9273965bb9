package dev.sluice.provider;

import dev.sluice.config.Settings;
import dev.sluice.net.Loop;
import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one loop to one host. Touched on that loop only.
 *
 * <p>Not Pekko's host pool: there, after clients had been cut off in mid-stream, requests were handed to connections that
 * were about to close and failed. Here a connection comes back only when its answer has ended as it should and nothing else
 * has happened to it; anything else closes it. There is no queue: what may be open is counted before a call gets here.
 */
final class ConnectionPool implements Connection.Keeper, Http2Connection.Keeper {
    private static final Duration FASTEST_TICK = Duration.ofMillis(50);
    private static final Duration SLOWEST_TICK = Duration.ofSeconds(5);

    /** Connections that were opened together do not all close together. */
    private static final double JITTER = 0.2;

    private final Loop loop;
    private final Way way;
    private final Settings.Clocks clocks;
    private final Places idlePlaces;
    private final Spoken spoken;
    private final RandomGenerator random;
    private final ArrayDeque<Connection> idle = new ArrayDeque<>();
    private final Set<Connection> all = Collections.newSetFromMap(new IdentityHashMap<>());
    private final List<Http2Connection> shared = new ArrayList<>(1);
    /** Calls for a connection of HTTP/2 that is being opened. */
    private final ArrayDeque<Call> joining = new ArrayDeque<>();

    private boolean opening;
    private @Nullable Future<?> ticking;
    private volatile boolean used;

    /** @param idlePlaces for connections that wait for a call, on all loops together; others are closed */
    ConnectionPool(
            Loop loop, Way way, Settings.Clocks clocks, Places idlePlaces, Spoken spoken, RandomGenerator random) {
        this.loop = loop;
        this.way = way;
        this.clocks = clocks;
        this.idlePlaces = idlePlaces;
        this.spoken = spoken;
        this.random = random;
    }

    Loop loop() {
        return loop;
    }

    /** Whether it has no connection. From any thread, about. */
    boolean isUnused() {
        return !used;
    }

    void send(Call call) {
        for (var connection : shared) {
            if (connection.takes()) {
                connection.send(call);
                return;
            }
        }
        if (spoken.isHttp2() && opening) {
            joining.add(call);
        } else if (spoken.mayOffer()) {
            opening = true;
            dial(call, true);
        } else {
            sendInHttp1(call);
        }
    }

    private void sendInHttp1(Call call) {
        for (var connection = idle.pollLast(); connection != null; connection = idle.pollLast()) {
            idlePlaces.giveBack();
            if (connection.takes()) {
                connection.send(call);
                return;
            }
            var _ = connection.channel().close();
        }
        dial(call, false);
    }

    private void dial(Call call, boolean http2) {
        var found = way.addresses();
        if (found.isDone()) {
            dialed(call, http2, found);
        } else {
            var waited = found.copy().orTimeout(clocks.connect().toMillis(), TimeUnit.MILLISECONDS);
            var _ = waited.whenComplete((addresses, failure) -> loop.execute(() -> dialed(call, http2, waited)));
        }
    }

    private void dialed(Call call, boolean http2, CompletableFuture<List<InetSocketAddress>> found) {
        if (!found.isCompletedExceptionally()) {
            connect(new Dial(call, found.resultNow(), clocks.connect()), http2);
            return;
        }
        var failure = found.exceptionNow();
        unconnected(
                call,
                http2,
                failure instanceof TimeoutException
                        ? way.timeout("its name was not resolved within "
                                + clocks.connect().toSeconds() + " s")
                        : way.unreachable(failure));
    }

    private void connect(Dial dial, boolean http2) {
        var call = dial.call;
        var close = way.connect(loop, dial.next(), dial.patience(), http2, new Way.Attempt() {
            @Override
            public void connected(Channel channel, boolean inHttp2) {
                if (inHttp2) {
                    join(call, channel);
                } else {
                    begin(call, channel, http2);
                }
            }

            @Override
            public void failed(UpstreamFailure failure, boolean reached) {
                if (!reached && dial.hasNext() && !call.answer.isDone()) {
                    connect(dial, http2);
                } else {
                    unconnected(call, http2, failure);
                }
            }
        });
        var _ = call.answer.whenComplete((answer, failure) -> {
            if (failure != null && !call.isSent()) {
                close.run();
            }
        });
    }

    /** There is no connection for a call. */
    private void unconnected(Call call, boolean http2, UpstreamFailure failure) {
        call.fail(failure);
        if (http2) {
            opening = false;
            spoken.forget();
            // They would find no other end than this one, each after its own time.
            for (var other = joining.poll(); other != null; other = joining.poll()) {
                other.fail(failure);
            }
        }
    }

    /** A connection of HTTP/1.1 stands. */
    private void begin(Call call, Channel channel, boolean offeredHttp2) {
        Way.speakHttp1(channel);
        var connection = new Connection(loop, way, channel, lifetime(), this);
        channel.pipeline().addLast(connection);
        all.add(connection);
        tick();
        if (offeredHttp2) {
            opening = false;
            spoken.http1();
        }
        connection.send(call);
        sendJoining();
    }

    /** A connection of HTTP/2 stands. */
    private void join(Call call, Channel channel) {
        opening = false;
        spoken.http2();
        var connection = Http2Connection.on(loop, way, channel, lifetime(), this);
        shared.add(connection);
        tick();
        connection.send(call);
        sendJoining();
    }

    private void sendJoining() {
        for (var left = joining.size(); left > 0 && !opening; left--) {
            send(joining.remove());
        }
    }

    /** How long a connection takes calls. */
    private Duration lifetime() {
        var factor = 1 - JITTER * random.nextDouble();
        return Duration.ofNanos((long) (clocks.connectionLifetime().toNanos() * factor));
    }

    @Override
    public void free(Connection connection) {
        if (idlePlaces.take()) {
            idle.addLast(connection);
        } else {
            var _ = connection.channel().close();
        }
    }

    /**
     * A connection ended before the answer's head. If it had been used before, the provider has most likely closed it
     * while it lay idle: then, and only then, the request goes out once more, on a fresh connection. A POST might so run twice,
     * if the provider died right after it had read it; failing instead would make every provider restart visible, and the
     * client's own SDK would repeat the request just the same.
     */
    @Override
    public void failed(Call call, boolean reused, UpstreamFailure failure) {
        if (reused && failure.kind() == UpstreamFailure.Kind.UNREACHABLE && call.mayRepeat()) {
            if (spoken.isHttp2()) {
                send(call);
            } else {
                dial(call, false);
            }
        } else {
            call.fail(failure);
        }
    }

    @Override
    public void gone(Connection connection) {
        all.remove(connection);
        if (idle.remove(connection)) {
            idlePlaces.giveBack();
        }
    }

    @Override
    public void gone(Http2Connection connection) {
        shared.remove(connection);
    }

    // The clocks: looked at from time to time, which costs a host its timer, and not a request.

    private void tick() {
        used = true;
        if (ticking == null) {
            var every = tickLength().toMillis();
            ticking = loop.events().scheduleAtFixedRate(this::look, every, every, TimeUnit.MILLISECONDS);
        }
    }

    private Duration tickLength() {
        var tick = Collections.min(List.of(
                        clocks.responseHeaders(),
                        clocks.firstEvent(),
                        clocks.idle(),
                        clocks.clientIdle(),
                        clocks.keepAlive(),
                        clocks.connectionLifetime()))
                .dividedBy(8);
        return tick.compareTo(FASTEST_TICK) < 0 ? FASTEST_TICK : tick.compareTo(SLOWEST_TICK) > 0 ? SLOWEST_TICK : tick;
    }

    private void look() {
        var now = System.nanoTime();
        // Copies: whoever is closed takes themselves out.
        for (var connection : List.copyOf(idle)) {
            if (now - connection.since() > clocks.keepAlive().toNanos() || connection.isOld()) {
                var _ = connection.channel().close();
            }
        }
        List.copyOf(all).forEach(connection -> connection.check(clocks, now));
        for (var connection : List.copyOf(shared)) {
            connection.check(clocks, now);
        }
        if (all.isEmpty() && shared.isEmpty() && ticking != null) {
            used = false;
            ticking.cancel(false);
            ticking = null;
        }
    }
}

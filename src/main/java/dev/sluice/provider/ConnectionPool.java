package dev.sluice.provider;

import dev.sluice.config.Settings;
import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Keep;

/**
 * The connections to one host.
 *
 * <p>Not Pekko's host pool: there, after clients had been cut off in mid-stream, requests were handed to connections that
 * were about to close and failed. Here a connection comes back only when its answer has ended as it should and nothing else
 * has happened to it; anything else closes it. There is no queue: what may be open is counted before a call gets here.
 */
final class ConnectionPool {
    /** Closed connections may lie in the deque until somebody passes; this many before they are swept. */
    private static final int MAX_CLOSED = 64;

    /** Connections that were opened together do not all close together. */
    private static final double JITTER = 0.2;

    private final Way way;
    private final Settings.Clocks clocks;
    private final int maxIdle;
    private final RandomGenerator random;
    private final Materializer materializer;
    private final ConcurrentLinkedDeque<Connection> idle = new ConcurrentLinkedDeque<>();
    private final AtomicInteger idling = new AtomicInteger();
    private final AtomicInteger closed = new AtomicInteger();

    /** @param maxIdle connections that wait for a call; more are closed */
    ConnectionPool(Way way, Settings.Clocks clocks, int maxIdle, RandomGenerator random, Materializer materializer) {
        this.way = way;
        this.clocks = clocks;
        this.maxIdle = maxIdle;
        this.random = random;
        this.materializer = materializer;
    }

    void send(Call call) {
        for (var connection = idle.pollLast(); connection != null; connection = idle.pollLast()) {
            idling.decrementAndGet();
            if (connection.submit(call)) {
                return;
            }
            closed.decrementAndGet();
        }
        connect(call);
    }

    /** Whether no connection waits for a call. Those that have one, and calls that come meanwhile, are served all the same. */
    boolean isUnused() {
        return idle.stream().allMatch(Connection::isClosed);
    }

    private void connect(Call call) {
        var found = way.addresses();
        var waited =
                found.isDone() ? found : found.copy().orTimeout(clocks.connect().toMillis(), TimeUnit.MILLISECONDS);
        var _ = waited.whenComplete((addresses, failure) -> {
            if (addresses != null) {
                connect(new Dial(call, addresses, clocks.connect()));
            } else if (failure instanceof TimeoutException) {
                call.fail(way.timeout(
                        "its name was not resolved within " + clocks.connect().toSeconds() + " s"));
            } else {
                call.fail(way.unreachable(failure));
            }
        });
    }

    private void connect(Dial dial) {
        // The stage holds its first call already.
        var _ = Flow.fromGraph(new ConnectionStage(this, way, clocks, dial))
                .joinMat(way.connection(dial), Keep.left())
                .run(materializer);
    }

    /** How long a connection takes calls. */
    Duration lifetime() {
        var factor = 1 - JITTER * random.nextDouble();
        return Duration.ofNanos((long) (clocks.connectionLifetime().toNanos() * factor));
    }

    /** The connection's answer has ended as it should. False when there are enough of its kind, and it should close. */
    boolean release(Connection connection) {
        if (idling.incrementAndGet() > maxIdle) {
            idling.decrementAndGet();
            return false;
        }
        idle.addLast(connection);
        return true;
    }

    /** A connection that lay here has closed. */
    void closedWhileIdle() {
        if (closed.incrementAndGet() > MAX_CLOSED) {
            idle.removeIf(connection -> {
                var gone = connection.isClosed();
                if (gone) {
                    closed.decrementAndGet();
                    idling.decrementAndGet();
                }
                return gone;
            });
        }
    }

    /**
     * A connection ended before the answer's head.
     *
     * <p>If it never stood, the call goes to the host's next address. If it had been used before, the provider has most likely closed it
     * while it lay idle: then, and only then, the request goes out once more, on a fresh connection. A POST might so run twice,
     * if the provider died right after it had read it; failing instead would make every provider restart visible, and the
     * client's own SDK would repeat the request just the same.
     */
    void failed(Call call, Dial dial, boolean reused, UpstreamFailure failure) {
        if (!dial.isConnected() && dial.hasNext() && !call.answer.isDone()) {
            connect(dial);
        } else if (reused && failure.kind() == UpstreamFailure.Kind.UNREACHABLE && call.mayRepeat()) {
            connect(call);
        } else {
            call.fail(reused ? failure : better(dial, failure));
        }
    }

    /** Who knows best why there was no connection. */
    private UpstreamFailure better(Dial dial, UpstreamFailure failure) {
        var told = dial.told();
        if (told != null) {
            return told;
        }
        var unconnected = dial.unconnected();
        return unconnected == null || failure.kind() != UpstreamFailure.Kind.UNREACHABLE
                ? failure
                : way.unreachable(unconnected);
    }
}

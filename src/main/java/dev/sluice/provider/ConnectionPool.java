package dev.sluice.provider;

import dev.sluice.config.Settings;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.settings.ClientConnectionSettings;
import org.apache.pekko.stream.ActorAttributes;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Keep;

/**
 * The connections to one host.
 *
 * <p>Not Pekko's host pool: there, after clients had been cut off in mid-stream, requests were handed to connections that
 * were about to close and failed. Here a connection comes back only when its answer has ended as it should and nothing else
 * has happened to it; anything else closes it. There is no queue: past the limit a request is refused at once.
 */
final class ConnectionPool {
    /** Closed connections may lie in the deque until somebody passes; this many before they are swept. */
    private static final int MAX_CLOSED = 64;

    private final Target.Host host;
    private final Settings.Clocks clocks;
    private final int maxOpen;
    private final Materializer materializer;
    private final Flow<HttpRequest, HttpResponse, NotUsed> client;
    private final ConcurrentLinkedDeque<Connection> idle = new ConcurrentLinkedDeque<>();
    private final AtomicInteger closed = new AtomicInteger();
    private final AtomicInteger open = new AtomicInteger();

    ConnectionPool(ActorSystem<?> system, Target.Host host, Settings.Clocks clocks, int maxOpen) {
        this.host = host;
        this.clocks = clocks;
        this.maxOpen = maxOpen;
        this.materializer = SystemMaterializer.get(system).materializer();
        var defaults = ClientConnectionSettings.create(system.classicSystem());
        var settings = defaults.withConnectingTimeout(clocks.connect())
                .withParserSettings(KeptCharsets.in(defaults.getParserSettings()));
        var builder =
                Http.get(system).connectionTo(host.name()).toPort(host.port()).withClientConnectionSettings(settings);
        // An answer that is no HTTP is told to the client and logged as our own line; Pekko would log it as an error of
        // ours.
        this.client = (host.tls() ? builder.https() : builder.http())
                .mapMaterializedValue(connected -> NotUsed.getInstance())
                .addAttributes(ActorAttributes.logLevels(
                        Attributes.logLevelOff(), Attributes.logLevelOff(), Attributes.logLevelOff()));
    }

    void send(HttpRequest request, CompletableFuture<HttpResponse> answer) {
        if (open.incrementAndGet() > maxOpen) {
            open.decrementAndGet();
            answer.completeExceptionally(new UpstreamFailure(
                    UpstreamFailure.Kind.OVERLOADED,
                    host + " has " + maxOpen + " requests open, the limit (sluice.limits.provider-open-requests)"));
            return;
        }
        var call = new Call(request, answer, open);
        request.getAttribute(Providers.ABANDONED).ifPresent(abandoned -> watch(call, abandoned));
        if (!answer.isDone()) {
            attempt(call);
        }
    }

    private static void watch(Call call, CompletionStage<?> abandoned) {
        abandoned.whenComplete((done, failure) -> call.fail(abandoned()));
    }

    static UpstreamFailure abandoned() {
        return new UpstreamFailure(UpstreamFailure.Kind.ABANDONED, "nobody waits for the answer any more");
    }

    /** Whether forgetting it would lose nothing. A call that comes along meanwhile is served all the same. */
    boolean isUnused() {
        return open.get() == 0 && idle.stream().allMatch(Connection::isClosed);
    }

    private void attempt(Call call) {
        for (var connection = idle.pollLast(); connection != null; connection = idle.pollLast()) {
            if (connection.submit(call)) {
                return;
            }
            closed.decrementAndGet();
        }
        connect(call);
    }

    private void connect(Call call) {
        // The stage holds its first call already.
        var _ = Flow.fromGraph(new ConnectionStage(this, clocks, call))
                .joinMat(client, Keep.left())
                .run(materializer);
    }

    /** The connection's answer has ended as it should. */
    void release(Connection connection) {
        idle.addLast(connection);
    }

    /** A connection that lay here has closed. */
    void closedWhileIdle() {
        if (closed.incrementAndGet() > MAX_CLOSED) {
            idle.removeIf(connection -> {
                var gone = connection.isClosed();
                if (gone) {
                    closed.decrementAndGet();
                }
                return gone;
            });
        }
    }

    /**
     * A connection ended before the answer's head. If it had been used before, the provider has most likely closed it while
     * it lay idle: then, and only then, the request goes out once more, on a fresh connection. A POST might so run twice,
     * if the provider died right after it had read it; failing instead would make every provider restart visible, and the
     * client's own SDK would repeat the request just the same.
     */
    void failed(Call call, boolean reused, UpstreamFailure failure) {
        if (reused && failure.kind() == UpstreamFailure.Kind.UNREACHABLE && call.mayRepeat()) {
            connect(call);
        } else {
            call.fail(failure);
        }
    }

    UpstreamFailure unreachable(Throwable cause) {
        var root = cause;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        var why = root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
        return new UpstreamFailure(UpstreamFailure.Kind.UNREACHABLE, host + " cannot be reached: " + why);
    }

    /**
     * The connection ended, and nothing tells why.
     *
     * @param worked whether an answer had come over it before
     */
    UpstreamFailure ended(boolean worked) {
        var why = host.tls() && !worked
                ? "the TLS connection failed (a certificate that this machine does not trust, or of another name?)"
                : "the connection ended before an answer came";
        return new UpstreamFailure(UpstreamFailure.Kind.UNREACHABLE, host + " cannot be reached: " + why);
    }

    UpstreamFailure timeout(String what) {
        return new UpstreamFailure(UpstreamFailure.Kind.TIMEOUT, host + ": " + what);
    }
}

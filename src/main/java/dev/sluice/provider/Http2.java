package dev.sluice.provider;

import dev.sluice.config.Settings;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow.Publisher;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.jspecify.annotations.Nullable;

/**
 * Requests to one host over HTTP/2, many on one connection.
 *
 * <p>By the JDK's client, not by Pekko's: Pekko's cannot take a request back before its answer has begun, and a host that lacks
 * HTTP/2 costs it a failed connection. The JDK's resets one stream for one client that leaves, agrees on the protocol in the TLS handshake and
 * speaks HTTP/1.1 where there is nothing better. What it cannot say exactly as the client meant it goes over HTTP/1.1.
 */
final class Http2 {
    /** What a provider may send of one answer that nobody takes. A second of a fast model is a hundredth of it. */
    private static final int STREAM_WINDOW = 256 * 1024;

    /**
     * All that can wait on a connection: more than its streams' windows together, for a reader that stalls its stream must not stall the
     * others. The largest there could be overflows in the JDK's own arithmetic.
     */
    private static final int CONNECTION_WINDOW = 1 << 30;

    static {
        // The JDK's client takes these no other way. An operator's own word holds.
        setUnlessSet("jdk.httpclient.windowsize", STREAM_WINDOW);
        setUnlessSet("jdk.httpclient.connectionWindowSize", CONNECTION_WINDOW);
        // Nobody here expects an answer to a question that was not asked.
        setUnlessSet("jdk.httpclient.enablepush", 0);
    }

    private static void setUnlessSet(String name, int value) {
        if (System.getProperty(name) == null) {
            System.setProperty(name, Integer.toString(value));
        }
    }

    /** Hears how it went. */
    interface Outcome {
        /** An answer came; whether in HTTP/2. */
        void answered(boolean inHttp2);

        /** The connection takes no more requests beside those it has. */
        void crowded(Call call);

        /** There was no connection, or one that broke: nothing is known any more. */
        void failed(Call call, UpstreamFailure failure, boolean neverSent);
    }

    private final Target.Host host;
    private final Tls tls;
    private final Way way;
    private final Settings.Clocks clocks;
    private final Supplier<Duration> lifetime;
    private final Executor executor;
    private @Nullable HttpClient client;
    private long retiresAt;

    /** @param lifetime how long a connection takes requests */
    Http2(Way way, Tls tls, Settings.Clocks clocks, Supplier<Duration> lifetime, Executor executor) {
        this.host = way.host();
        this.tls = tls;
        this.way = way;
        this.clocks = clocks;
        this.lifetime = lifetime;
        this.executor = executor;
    }

    /** The request in the JDK's words; null when it has none for it. */
    java.net.http.@Nullable HttpRequest translated(HttpRequest request) {
        if (!(request.entity() instanceof HttpEntity.Strict body)) {
            return null;
        }
        try {
            return Http2Message.request(host, request, body, clocks.responseHeaders());
        } catch (IllegalArgumentException _) {
            return null;
        }
    }

    void send(Call call, java.net.http.HttpRequest request, Outcome outcome) {
        // The client would look the name up in a thread of its own that must not wait; what was found is at hand for a
        // while.
        var _ = way.addresses().whenComplete((found, failure) -> {
            if (failure != null) {
                outcome.failed(call, way.unreachable(failure), true);
            } else if (!call.answer.isDone()) {
                exchange(call, request, outcome);
            }
        });
    }

    private void exchange(Call call, java.net.http.HttpRequest request, Outcome outcome) {
        var exchange = client().sendAsync(request, BodyHandlers.ofPublisher());
        var _ = call.answer.whenComplete((answer, failure) -> {
            if (failure != null) {
                exchange.cancel(true);
            }
        });
        var _ = exchange.whenComplete((answer, failure) -> {
            if (answer != null) {
                onAnswer(call, answer, outcome);
            } else {
                onFailure(call, unwrapped(failure), outcome);
            }
        });
    }

    /**
     * One client is one connection, or a few. It is replaced from time to time, so that none holds on to an address that its host has left; what
     * is still under way on the old one ends there, and then the JDK closes it.
     */
    private synchronized HttpClient client() {
        var now = System.nanoTime();
        var known = client;
        if (known == null || now - retiresAt > 0) {
            known = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_2)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .proxy(HttpClient.Builder.NO_PROXY)
                    .connectTimeout(clocks.connect())
                    .sslContext(tls.context())
                    .sslParameters(new SSLParameters(null, Tls.PROTOCOLS))
                    .executor(executor)
                    .build();
            client = known;
            retiresAt = now + lifetime.get().toNanos();
        }
        return known;
    }

    private void onAnswer(Call call, java.net.http.HttpResponse<Publisher<List<ByteBuffer>>> answer, Outcome outcome) {
        outcome.answered(answer.version() == HttpClient.Version.HTTP_2);
        call.answered();
        var told = Http2Message.answer(
                way, answer, bytes -> bytes.via(new EntityWatch(way, clocks, wholly -> call.end())));
        if (!call.answer.complete(told)) {
            call.end();
            Http2Message.refuse(answer.body());
        }
    }

    private void onFailure(Call call, Throwable failure, Outcome outcome) {
        if (call.answer.isDone()) {
            return;
        }
        if (failure instanceof HttpTimeoutException && !(failure instanceof HttpConnectTimeoutException)) {
            call.fail(way.timeout("no answer within " + clocks.responseHeaders().toSeconds() + " s"));
        } else if (isCrowded(failure)) {
            outcome.crowded(call);
        } else {
            outcome.failed(call, way.unreachable(failure), isBeforeSending(failure));
        }
    }

    /** The JDK knows no better than to say so, and opens no second connection. */
    private static boolean isCrowded(Throwable failure) {
        return String.valueOf(failure.getMessage()).contains("too many concurrent streams");
    }

    private static Throwable unwrapped(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    private static boolean isBeforeSending(Throwable failure) {
        return failure instanceof ConnectException
                || failure instanceof HttpConnectTimeoutException
                || failure instanceof SSLException
                || !(failure instanceof IOException);
    }
}

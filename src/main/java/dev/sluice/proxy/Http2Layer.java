package dev.sluice.proxy;

import dev.sluice.config.Settings;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.stream.Materializer;

/**
 * HTTP/2 towards clients: what all its connections share.
 *
 * @param handler every request goes there; it never fails
 */
record Http2Layer(
        Settings settings,
        Http2Heads heads,
        BiFunction<InetSocketAddress, HttpRequest, CompletionStage<HttpResponse>> handler,
        OpenConnections open,
        Materializer materializer) {}

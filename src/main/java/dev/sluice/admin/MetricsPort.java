package dev.sluice.admin;

import dev.sluice.config.MetricsSettings;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.japi.function.Function;

/**
 * {@code GET /metrics} on a port of its own, where nobody is asked who they are: for a Prometheus on this machine that has no key. Whoever
 * reaches the port reads the numbers, so it is loopback's unless the settings say otherwise.
 */
public final class MetricsPort {
    private static final Duration LAST_ANSWERS = Duration.ofSeconds(1);

    private MetricsPort() {}

    /**
     * Binds it; it ends with the system.
     *
     * @throws IllegalArgumentException when others than this machine would reach it, and nobody allowed that
     */
    public static CompletionStage<InetSocketAddress> bind(ActorSystem<?> system, MetricsSettings settings) {
        var host = settings.host();
        var address = new InetSocketAddress(host, settings.port()).getAddress();
        if (!settings.allowNetwork() && (address == null || !address.isLoopbackAddress())) {
            throw new IllegalArgumentException("sluice.metrics.listen: " + host
                    + " (expected: a loopback address; there nobody is asked who they are. sluice.metrics.allow-network = on"
                    + " allows others)");
        }
        var endpoints = new MetricEndpoints(system);
        Function<HttpRequest, CompletionStage<HttpResponse>> handler = request -> handle(system, endpoints, request);
        return Http.get(system).newServerAt(host, settings.port()).bind(handler).thenApply(binding -> {
            binding.addToCoordinatedShutdown(LAST_ANSWERS, system);
            return binding.localAddress();
        });
    }

    private static CompletionStage<HttpResponse> handle(
            ActorSystem<?> system, MetricEndpoints endpoints, HttpRequest request) {
        request.discardEntityBytes(system);
        return request.method().equals(HttpMethods.GET)
                        && request.getUri().path().equals("/metrics")
                ? endpoints.answer(request)
                : CompletableFuture.completedFuture(HttpResponse.create().withStatus(404));
    }
}

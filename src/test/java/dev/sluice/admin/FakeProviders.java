package dev.sluice.admin;

import dev.sluice.config.ProviderRule;
import dev.sluice.provider.Condition;
import dev.sluice.provider.Condition.Breaker;
import dev.sluice.provider.Providers;
import java.net.URI;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** Providers of which every one rests; nothing can be sent to them. */
final class FakeProviders implements Providers {
    @Override
    public boolean takes(ProviderRule provider) {
        return false;
    }

    @Override
    public boolean hasAnotherKey(ProviderRule provider) {
        return false;
    }

    @Override
    public CompletionStage<HttpResponse> send(URI address, HttpRequest request) {
        return CompletableFuture.failedFuture(new UnsupportedOperationException("a fake"));
    }

    @Override
    public CompletionStage<byte[]> document(URI address) {
        return CompletableFuture.failedFuture(new UnsupportedOperationException("a fake"));
    }

    @Override
    public Condition condition(ProviderRule provider) {
        return new Condition(
                Breaker.OPEN,
                Instant.parse("2026-11-21T11:59:00Z"),
                5,
                Instant.parse("2026-11-21T11:59:30Z"),
                3,
                100,
                2,
                1);
    }

    @Override
    public CompletionStage<HttpResponse> send(ProviderRule provider, HttpRequest request) {
        return CompletableFuture.failedFuture(new UnsupportedOperationException("a fake"));
    }
}

package dev.sluice.provider;

import dev.sluice.config.ProviderRule.Authorization;
import dev.sluice.config.Secret;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.jspecify.annotations.Nullable;

/** The same for every request: one key, or nothing. */
final class FixedCredential implements Credential, Proof {
    static final FixedCredential NONE = new FixedCredential(null);

    private final @Nullable HttpHeader header;

    private FixedCredential(@Nullable HttpHeader header) {
        this.header = header;
    }

    static FixedCredential of(Secret key, Authorization authorization) {
        return new FixedCredential(header(key, authorization));
    }

    static HttpHeader header(Secret key, Authorization authorization) {
        return switch (authorization) {
            case BEARER -> RawHeader.create("Authorization", "Bearer " + key.reveal());
            case X_API_KEY -> RawHeader.create("x-api-key", key.reveal());
            case X_GOOG_API_KEY -> RawHeader.create("x-goog-api-key", key.reveal());
            case HEC -> RawHeader.create("Authorization", "Splunk " + key.reveal());
            case CF_AIG_AUTHORIZATION -> RawHeader.create("cf-aig-authorization", "Bearer " + key.reveal());
        };
    }

    @Override
    public Set<String> names() {
        return header == null ? Set.of() : Set.of(header.lowercaseName());
    }

    @Override
    public Proof atHand(HttpRequest request) {
        return this;
    }

    @Override
    public CompletionStage<Proof> obtain(HttpRequest request) {
        return CompletableFuture.completedFuture(this);
    }

    @Override
    public void addTo(List<HttpHeader> headers, HttpRequest request, Place place) {
        if (header != null) {
            headers.add(header);
        }
    }
}

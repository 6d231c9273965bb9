package dev.sluice.identity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sluice.config.IdentitySettings.Issuer;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * An issuer's keys. Fetched once for all who wait, renewed before they are old while tokens come, and kept for as long as the issuer does not
 * answer: its outage must not be ours, and nobody without a key gains by it.
 */
final class IssuerKeys {
    /** Whoever likes can make a token that names a key nobody has; the issuer must not hear of each. */
    private static final Duration PAUSE = Duration.ofSeconds(30);

    /** While there are no keys at all, everybody is waiting. */
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(5);

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Issuer issuer;
    private final Function<URI, CompletionStage<byte[]>> documents;
    private final InstantSource clock;
    private final Seldom trouble =
            new Seldom(LoggerFactory.getLogger(IssuerKeys.class), "no keys from an issuer of tokens");

    // These are guarded by this object, which nobody holds while the issuer is asked.
    private @Nullable Held held;
    private @Nullable CompletableFuture<List<IssuerKey>> fetching;
    private @Nullable Instant tried;
    private String failure = "nobody asked it yet";
    private boolean failing;

    private record Held(List<IssuerKey> keys, Instant since) {
        boolean isYounger(Duration than, Instant now) {
            return !now.isBefore(since) && now.isBefore(since.plus(than));
        }
    }

    /** @param documents fetches one, with a limit on its size; fails where there is none */
    IssuerKeys(Issuer issuer, Function<URI, CompletionStage<byte[]>> documents, InstantSource clock) {
        this.issuer = issuer;
        this.documents = documents;
        this.clock = clock;
    }

    /** Those in force. Fails where there never were any, and says why. */
    CompletionStage<List<IssuerKey>> inForce() {
        var now = clock.instant();
        @Nullable Held known;
        boolean outage;
        synchronized (this) {
            known = held;
            outage = failing;
        }
        if (known == null) {
            return fetchUnless(FIRST_PAUSE, now);
        }
        if (known.isYounger(issuer.refresh().dividedBy(2), now)) {
            return CompletableFuture.completedStage(known.keys());
        }
        var looked = fetchUnless(PAUSE, now);
        // Too old to be believed without a look; but where nobody answered the last time, nobody waits.
        return outage || known.isYounger(issuer.refresh(), now)
                ? CompletableFuture.completedStage(known.keys())
                : looked;
    }

    /** Those in force after one more look, for a token whose key is not among them; the same ones if the last look was just now. */
    CompletionStage<List<IssuerKey>> renewed() {
        return fetchUnless(PAUSE, clock.instant());
    }

    private CompletionStage<List<IssuerKey>> fetchUnless(Duration pause, Instant now) {
        CompletableFuture<List<IssuerKey>> mine;
        synchronized (this) {
            if (fetching != null) {
                return fetching;
            }
            var since = tried == null ? pause : Duration.between(tried, now);
            if (since.compareTo(pause) < 0 && !since.isNegative()) {
                return held == null
                        ? CompletableFuture.failedStage(new IOException(failure))
                        : CompletableFuture.completedStage(held.keys());
            }
            mine = new CompletableFuture<>();
            fetching = mine;
            tried = now;
        }
        var _ = fetch().handle((keys, fault) -> done(mine, keys, fault));
        return mine;
    }

    private boolean done(
            CompletableFuture<List<IssuerKey>> mine, @Nullable List<IssuerKey> keys, @Nullable Throwable fault) {
        @Nullable Held known;
        synchronized (this) {
            fetching = null;
            failing = keys == null;
            if (keys != null) {
                held = new Held(keys, clock.instant());
            } else {
                failure = reason(fault);
            }
            known = held;
        }
        if (keys == null) {
            trouble.warn(issuer.issuer(), reason(fault));
        }
        return known == null ? mine.completeExceptionally(new IOException(reason(fault))) : mine.complete(known.keys());
    }

    private static String reason(@Nullable Throwable fault) {
        var cause = fault instanceof CompletionException && fault.getCause() != null ? fault.getCause() : fault;
        return cause == null || cause.getMessage() == null ? String.valueOf(cause) : cause.getMessage();
    }

    private CompletionStage<List<IssuerKey>> fetch() {
        try {
            return address()
                    .thenCompose(documents)
                    .thenApply(IssuerKeys::keys)
                    .toCompletableFuture()
                    .copy()
                    .orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RuntimeException e) {
            return CompletableFuture.failedStage(e);
        }
    }

    private CompletionStage<URI> address() {
        if (!issuer.jwksUri().isEmpty()) {
            return CompletableFuture.completedStage(URI.create(issuer.jwksUri()));
        }
        // By OpenID Connect Discovery, a slash at the end of the issuer does not count here.
        var discovery = issuer.issuer().replaceFirst("/$", "") + "/.well-known/openid-configuration";
        return documents.apply(URI.create(discovery)).thenApply(bytes -> {
            var document = json(bytes);
            if (!document.path("issuer").asText("").equals(issuer.issuer())) {
                throw unusable("its configuration is that of another issuer");
            }
            var keys = document.path("jwks_uri").asText("");
            if (!Issuer.isPrivateWay(keys)) {
                throw unusable("its configuration names no https address of its keys");
            }
            return URI.create(keys);
        });
    }

    private static List<IssuerKey> keys(byte[] bytes) {
        var keys = IssuerKey.read(json(bytes));
        if (keys.isEmpty()) {
            throw unusable("none of its keys can be used");
        }
        return keys;
    }

    private static JsonNode json(byte[] bytes) {
        try {
            return JSON.readTree(bytes);
        } catch (IOException _) {
            throw unusable("what it says is no JSON");
        }
    }

    private static CompletionException unusable(String why) {
        return new CompletionException(new IOException(why));
    }
}

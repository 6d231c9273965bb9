package dev.sluice.identity;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.util.Base64URL;
import dev.sluice.config.IdentitySettings.Issuer;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Verifies the tokens of one issuer. A token cannot choose how: not an algorithm that is not allowed, and no key of its own. */
final class IssuerTokens {
    /** A verified token is believed for so long without another look. */
    private static final Duration LONGEST_LIFE = Duration.ofSeconds(60);

    /** Of keys that a token without a key's name may be signed with. Each try takes time. */
    private static final int MOST_TRIES = 4;

    /** What a token for us calls itself; others (logout+jwt, dpop+jwt ...) are proofs of something else. */
    private static final Set<String> TYPES = Set.of("jwt", "at+jwt", "application/at+jwt");

    private final Issuer issuer;
    private final IssuerKeys keys;
    private final InstantSource clock;

    /** What came of it. */
    sealed interface Verdict {}

    /** @param life how long it may be believed */
    record Verified(Caller caller, Duration life) implements Verdict {}

    record Refused(String why) implements Verdict {}

    IssuerTokens(Issuer issuer, IssuerKeys keys, InstantSource clock) {
        this.issuer = issuer;
        this.keys = keys;
        this.clock = clock;
    }

    /** Fetches the keys before anybody needs them. */
    void warmUp() {
        var _ = keys.inForce();
    }

    /** Never fails. */
    CompletionStage<Verdict> verify(CompactToken token) {
        JWSHeader header;
        try {
            header = JWSHeader.parse(new Base64URL(token.header()));
        } catch (ParseException | IllegalArgumentException _) {
            return refused("a header that cannot be read, or no signature");
        }
        var trouble = trouble(header);
        if (trouble != null) {
            return refused(trouble);
        }
        return keys.inForce()
                .thenCompose(known -> fitting(known, header).isEmpty() ? keys.renewed() : completed(known))
                .thenApply(known -> verify(token, header, fitting(known, header)))
                .exceptionally(failure -> new Refused(said("no keys: " + message(failure))));
    }

    private static CompletionStage<List<IssuerKey>> completed(List<IssuerKey> keys) {
        return CompletableFuture.completedStage(keys);
    }

    private static List<IssuerKey> fitting(List<IssuerKey> keys, JWSHeader header) {
        return keys.stream().filter(key -> key.fits(header)).limit(MOST_TRIES).toList();
    }

    private @Nullable String trouble(JWSHeader header) {
        if (!issuer.algorithms().contains(header.getAlgorithm().getName())) {
            return "an algorithm that is not allowed";
        }
        if (header.getType() != null
                && !TYPES.contains(header.getType().getType().toLowerCase(Locale.ROOT))) {
            return "a type that is none of a token for us";
        }
        if (header.getCriticalParams() != null || !header.isBase64URLEncodePayload()) {
            return "a header that demands something unusual";
        }
        return null;
    }

    private Verdict verify(CompactToken token, JWSHeader header, List<IssuerKey> candidates) {
        if (candidates.isEmpty()) {
            return new Refused(said("a key that is not among the issuer's"));
        }
        // What costs little comes first: signatures are dear, and anybody can send a wrong one.
        var verdict = read(token);
        if (verdict instanceof Verified && candidates.stream().noneMatch(key -> isSigned(token, header, key))) {
            return new Refused(said("a signature that is wrong"));
        }
        return verdict;
    }

    private static boolean isSigned(CompactToken token, JWSHeader header, IssuerKey key) {
        try {
            return key.verifier()
                    .verify(
                            header,
                            token.signed().getBytes(StandardCharsets.US_ASCII),
                            new Base64URL(token.signature()));
        } catch (JOSEException | IllegalArgumentException _) {
            return false;
        }
    }

    private Verdict read(CompactToken token) {
        var claims = token.claims();
        var now = clock.instant();
        var expiry = Claimed.time(claims.path("exp"));
        if (expiry == null) {
            return new Refused(said("no time at which it ends"));
        }
        var end = expiry.plus(issuer.clockSkew());
        if (!now.isBefore(end)) {
            return new Refused(said("expired"));
        }
        if (claims.has("nbf")) {
            var begin = Claimed.time(claims.path("nbf"));
            if (begin == null || now.isBefore(begin.minus(issuer.clockSkew()))) {
                return new Refused(said("not valid yet"));
            }
        }
        if (!isAudience(token)) {
            return new Refused(said("meant for somebody else"));
        }
        var caller = Claimed.caller(claims, issuer.claims());
        return caller == null
                ? new Refused(said("claims that nobody can be known by"))
                : new Verified(caller, life(now, end));
    }

    /** Whether it says it is for us; nobody has verified that. */
    boolean isAudience(CompactToken token) {
        var audience = Claimed.texts(token.claims().path("aud"));
        return audience != null && audience.stream().anyMatch(issuer.audience()::contains);
    }

    private static Duration life(Instant now, Instant end) {
        var left = Duration.between(now, end);
        return left.compareTo(LONGEST_LIFE) < 0 ? left : LONGEST_LIFE;
    }

    private CompletionStage<Verdict> refused(String what) {
        return CompletableFuture.completedStage(new Refused(said(what)));
    }

    /** For the log; nothing in it is the token's. */
    private String said(String what) {
        return "a token of " + issuer.issuer() + ": " + what;
    }

    private static String message(Throwable failure) {
        var cause = failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return String.valueOf(cause.getMessage());
    }
}

package dev.sluice.identity;

import dev.sluice.config.IdentitySettings.Issuer;
import dev.sluice.identity.IssuerTokens.Refused;
import dev.sluice.identity.IssuerTokens.Verdict;
import dev.sluice.identity.IssuerTokens.Verified;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.jspecify.annotations.Nullable;

/**
 * Knows callers by tokens of configured issuers, wherever clients put a key.
 *
 * <p>Anything else in these headers is not for us: it may be the client's own credential for its provider. A token that says it is of one
 * of the issuers is, and where it is wrong nobody else is asked. Two different ones are two callers, and a header that came
 * twice is one that somebody before us may have read otherwise.
 */
final class JwtTokens implements Resolver {
    private static final Set<String> HEADERS = Set.of("authorization", "x-api-key", "x-goog-api-key", "api-key");
    private static final String BEARER = "bearer ";

    /** Only verified ones, so that nobody but the issuers can fill it. */
    private static final int MOST_REMEMBERED = 4096;

    private static final Answer TWO = new Doubted("two tokens, or one header with a token twice");

    private final Map<String, IssuerTokens> issuers;
    private final Remembered<String, Caller> verified;

    JwtTokens(Map<String, IssuerTokens> issuers, InstantSource clock) {
        this.issuers = Map.copyOf(issuers);
        this.verified = new Remembered<>(MOST_REMEMBERED, clock);
    }

    /** Of these issuers; their keys are fetched at once. */
    static JwtTokens of(List<Issuer> issuers, Function<URI, CompletionStage<byte[]>> documents, InstantSource clock) {
        var tokens = issuers.stream()
                .collect(Collectors.toMap(
                        Issuer::issuer, each -> new IssuerTokens(each, new IssuerKeys(each, documents, clock), clock)));
        tokens.values().forEach(IssuerTokens::warmUp);
        return new JwtTokens(tokens, clock);
    }

    @Override
    public Answer resolve(InetSocketAddress peer, HttpRequest request) {
        var found = new Found();
        for (var header : request.getHeaders()) {
            var name = header.lowercaseName();
            if (HEADERS.contains(name)) {
                found.add(name, token(name, header.value()));
            }
        }
        return found.answer();
    }

    @Override
    public Set<String> credentials(HttpRequest request) {
        var found = new HashSet<String>();
        for (var header : request.getHeaders()) {
            var name = header.lowercaseName();
            if (HEADERS.contains(name) && isForUs(token(name, header.value()))) {
                found.add(name);
            }
        }
        return found;
    }

    private boolean isForUs(String text) {
        var token = CompactToken.of(text);
        var issuer = token == null ? null : issuers.get(token.issuer());
        return token != null && issuer != null && issuer.isAudience(token);
    }

    private static String token(String name, String value) {
        if (!name.equals("authorization")) {
            return value.strip();
        }
        return value.regionMatches(true, 0, BEARER, 0, BEARER.length())
                ? value.substring(BEARER.length()).strip()
                : "";
    }

    /** The tokens of one request. */
    private final class Found {
        private final Set<String> seen = new HashSet<>();
        private final Set<String> twice = new HashSet<>();
        private final Set<String> proof = new HashSet<>();
        private @Nullable String text;
        private @Nullable Caller known;
        private @Nullable CompactToken unverified;
        private boolean two;

        void add(String header, String token) {
            if (!seen.add(header)) {
                twice.add(header);
            }
            if (token.equals(text)) {
                proof.add(header);
            } else if (!token.isEmpty() && isOurs(token)) {
                two |= text != null;
                text = token;
                proof.add(header);
            }
        }

        private boolean isOurs(String token) {
            var caller = token.startsWith("eyJ") ? verified.get(hash(token)) : null;
            if (caller != null) {
                known = caller;
                return true;
            }
            var read = CompactToken.of(token);
            if (read == null || !issuers.containsKey(read.issuer())) {
                return false;
            }
            unverified = read;
            return true;
        }

        Answer answer() {
            if (proof.isEmpty()) {
                return Unknown.INSTANCE;
            }
            if (two || proof.stream().anyMatch(twice::contains)) {
                return TWO;
            }
            return known != null ? new Known(Identified.by(proof, known)) : verify(unverified);
        }

        private Answer verify(@Nullable CompactToken token) {
            var issuer = token == null ? null : issuers.get(token.issuer());
            if (token == null || issuer == null) {
                return Unknown.INSTANCE;
            }
            return new Asking(issuer.verify(token).thenApply(verdict -> judged(token, verdict)));
        }

        private Answer judged(CompactToken token, Verdict verdict) {
            return switch (verdict) {
                case Verified(var caller, var life) -> {
                    verified.put(hash(token.text()), caller, life);
                    yield new Known(Identified.by(proof, caller));
                }
                case Refused(var why) -> new Doubted(why);
            };
        }
    }

    /** A token is a secret: it is not kept. */
    private static String hash(String token) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
            return new String(digest, StandardCharsets.ISO_8859_1);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}

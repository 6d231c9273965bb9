package dev.sluice.provider;

import dev.sluice.config.CredentialRule.AwsSignature;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;

/**
 * Signs with what AWS's default chain finds on this machine: system properties, environment, web identity, profile,
 * container, instance. To look there may read files and ask over the network, so it is done on threads that may block.
 *
 * <p>The chain keeps what it found and renews it itself, but only when it is asked; asking it often costs nothing.
 */
final class AwsCredential implements Credential {
    private static final Logger log = LoggerFactory.getLogger(AwsCredential.class);

    /** So old are keys at most that somebody has changed in a file. */
    private static final Duration ASKED_AGAIN_AFTER = Duration.ofMinutes(1);

    private static final int MAX_LOGGED_CHARS = 1000;

    /** Long and with a digit, or very long: no word, no class name. */
    private static final Pattern KEY_LIKE =
            Pattern.compile("(?=[A-Za-z/+=_-]{0,200}+[0-9])[A-Za-z0-9/+=_-]{16,}+|[A-Za-z0-9/+=_-]{40,}+");

    private final AwsSignature rule;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Renewed<AwsSigner> signers;

    /**
     * Creates one.
     *
     * @param chain    finds credentials, and may block
     * @param blocking where it may
     */
    AwsCredential(
            String provider,
            AwsSignature rule,
            Supplier<AwsCredentialsIdentity> chain,
            Executor blocking,
            InstantSource clock,
            RandomGenerator random) {
        this.rule = rule;
        this.clock = clock;
        this.random = random;
        this.signers = new Renewed<>(
                provider,
                () -> CompletableFuture.supplyAsync(chain, blocking).handle((found, failure) -> {
                    if (found == null) {
                        throw new CompletionException(notFound(provider, failure));
                    }
                    return lease(found);
                }),
                clock);
    }

    /**
     * The default chain; or the profile alone when the policy names one, for what is named goes before what lies about. Made where it
     * is first asked: its own making reads files.
     */
    static Supplier<AwsCredentialsIdentity> chain(String profile) {
        var made = new Object() {
            private @Nullable AwsCredentialsProvider chain;

            synchronized AwsCredentialsProvider chain() {
                var known = chain;
                if (known == null) {
                    known = profile.isEmpty()
                            ? DefaultCredentialsProvider.builder().build()
                            : ProfileCredentialsProvider.create(profile);
                    chain = known;
                }
                return known;
            }
        };
        return () -> made.chain().resolveCredentials();
    }

    private Renewed.Lease<AwsSigner> lease(AwsCredentialsIdentity found) {
        var early = (long) (ASKED_AGAIN_AFTER.toMillis() * random.nextDouble() / 2);
        return new Renewed.Lease<>(
                new AwsSigner(rule.region(), rule.service(), found, clock),
                clock.instant().plus(ASKED_AGAIN_AFTER).minusMillis(early),
                found.expirationTime().orElse(Instant.MAX));
    }

    private static UpstreamFailure notFound(String provider, @Nullable Throwable failure) {
        var why = failure == null
                ? "nothing came"
                : String.valueOf(UpstreamFailure.unwrapped(failure).getMessage());
        // The chain says what it has tried: of use to an operator, and no business of a client.
        log.atWarn()
                .addKeyValue("provider", provider)
                .addKeyValue("detail", printable(why))
                .log("no AWS credentials found");
        return new UpstreamFailure(
                UpstreamFailure.Kind.UNREACHABLE,
                "no AWS credentials to sign the request with; the gateway's log says where they were looked for");
    }

    /** Commands and files that a chain asks may have said anything. What could be a key or a token is not repeated. */
    static String printable(String message) {
        var masked = KEY_LIKE.matcher(message).replaceAll("***");
        return masked.length() > MAX_LOGGED_CHARS ? masked.substring(0, MAX_LOGGED_CHARS) : masked;
    }

    @Override
    public Set<String> names() {
        return AwsSigner.NAMES;
    }

    @Override
    public @Nullable Proof atHand(HttpRequest request) {
        return signers.atHand();
    }

    @Override
    public CompletionStage<Proof> obtain(HttpRequest request) {
        return signers.obtain().thenApply(Function.identity());
    }
}

package dev.sluice.provider;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.jspecify.annotations.Nullable;

/** Access tokens of a Google service account, an hour each. */
final class GoogleCredential implements Credential {
    /** Renewed so long before it ends, and by chance up to half as much earlier: nodes that began together drift apart. */
    private static final Duration MARGIN = Duration.ofMinutes(5);

    /** Not used so shortly before its end: it must still be good when it arrives, by the provider's clock. */
    private static final Duration SKEW = Duration.ofSeconds(30);

    /** A token that is refused right after it came is not refused for its age; another one would fare no better. */
    private static final Duration FORGETTABLE_AFTER = Duration.ofMinutes(1);

    private final InstantSource clock;
    private final RandomGenerator random;
    private final Renewed<Token> tokens;

    GoogleCredential(String provider, GoogleTokens endpoint, InstantSource clock, RandomGenerator random) {
        this.clock = clock;
        this.random = random;
        this.tokens = new Renewed<>(
                provider, () -> endpoint.fetch().thenApply(answer -> lease(answer.token(), answer.life())), clock);
    }

    private Renewed.Lease<Token> lease(String token, Duration life) {
        var now = clock.instant();
        var end = now.plus(life);
        var margin = least(MARGIN, life.dividedBy(5));
        var early = (long) (margin.toMillis() * random.nextDouble() / 2);
        return new Renewed.Lease<>(
                new Token(RawHeader.create("Authorization", "Bearer " + token), now),
                end.minus(margin).minusMillis(early),
                end.minus(least(SKEW, life.dividedBy(10))));
    }

    private static Duration least(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    @Override
    public Set<String> names() {
        return Set.of("authorization");
    }

    @Override
    public @Nullable Proof atHand(HttpRequest request) {
        return tokens.atHand();
    }

    @Override
    public CompletionStage<Proof> obtain(HttpRequest request) {
        return tokens.obtain().thenApply(Function.identity());
    }

    private final class Token implements Proof {
        private final HttpHeader header;
        private final Instant since;

        Token(HttpHeader header, Instant since) {
            this.header = header;
            this.since = since;
        }

        @Override
        public void addTo(List<HttpHeader> headers, HttpRequest request, Place place) {
            headers.add(header);
        }

        @Override
        public boolean learns() {
            return true;
        }

        @Override
        public void answered(HttpResponse answer) {
            if (answer.status().intValue() == 401 && clock.instant().isAfter(since.plus(FORGETTABLE_AFTER))) {
                tokens.forget(this);
            }
        }
    }
}

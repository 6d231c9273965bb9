package dev.sluice.provider;

import dev.sluice.config.CredentialRule;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Several keys in turn. One that the provider refuses or slows down rests, and the others do its work. When all of them
 * rest, the one that wakes first goes on: to ask may fail, not to ask has failed.
 */
final class RotatedKeys implements Credential {
    private static final Logger log = LoggerFactory.getLogger(RotatedKeys.class);

    /** After 401, 402 and 403: somebody has to pay or to repair something, which takes longer than a wait. */
    static final Duration REFUSED_REST = Duration.ofMinutes(10);

    /** After 429 without {@code Retry-After}: limits are counted by the minute, and refill all the time. */
    static final Duration SLOWED_REST = Duration.ofSeconds(10);

    private static final Duration SHORTEST_REST = Duration.ofSeconds(1);

    private final String provider;
    private final InstantSource clock;
    private final List<Key> keys;
    private final AtomicInteger turn = new AtomicInteger();

    RotatedKeys(String provider, CredentialRule.Keys rule, InstantSource clock) {
        this.provider = provider;
        this.clock = clock;
        this.keys = IntStream.range(0, rule.keys().size())
                .mapToObj(i -> new Key(i, FixedCredential.header(rule.keys().get(i), rule.authorization())))
                .toList();
    }

    @Override
    public Set<String> names() {
        return Set.of(keys.getFirst().header.lowercaseName());
    }

    @Override
    public Proof atHand(HttpRequest request) {
        var now = clock.millis();
        var first = turn.getAndIncrement();
        var soonest = keys.getFirst();
        for (int i = 0; i < keys.size(); i++) {
            var key = keys.get(Math.floorMod(first + i, keys.size()));
            var until = key.restsUntil.get();
            if (until <= now) {
                return key;
            }
            if (until < soonest.restsUntil.get()) {
                soonest = key;
            }
        }
        return soonest.probe;
    }

    @Override
    public boolean hasAnother() {
        var now = clock.millis();
        return keys.stream().anyMatch(key -> key.restsUntil.get() <= now);
    }

    @Override
    public int resting() {
        var now = clock.millis();
        return (int) keys.stream().filter(key -> key.restsUntil.get() > now).count();
    }

    @Override
    public CompletionStage<Proof> obtain(HttpRequest request) {
        return CompletableFuture.completedFuture(atHand(request));
    }

    /** One key. Answers to requests from before its rest say nothing about it, so it takes a probe to wake it early. */
    private final class Key implements Proof {
        private final int index;
        private final HttpHeader header;
        private final Proof probe = new Probe(this);
        private final AtomicLong restsUntil = new AtomicLong();

        Key(int index, HttpHeader header) {
            this.index = index;
            this.header = header;
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
            switch (answer.status().intValue()) {
                case 401, 402, 403 -> rest(REFUSED_REST, answer);
                case 429 -> rest(slowedFor(answer), answer);
                default -> {
                    // The key is good.
                }
            }
        }

        /** Bounded: a provider's word may take a key out of turn for a while, not for good. */
        private Duration slowedFor(HttpResponse answer) {
            var wanted = RetryAfter.of(answer, clock.instant()).orElse(SLOWED_REST);
            return wanted.compareTo(SHORTEST_REST) < 0
                    ? SHORTEST_REST
                    : wanted.compareTo(REFUSED_REST) > 0 ? REFUSED_REST : wanted;
        }

        private void rest(Duration rest, HttpResponse answer) {
            var now = clock.millis();
            var before = restsUntil.getAndAccumulate(now + rest.toMillis(), Math::max);
            if (before <= now) {
                log.atWarn()
                        .addKeyValue("provider", provider)
                        .addKeyValue("key", (index + 1) + " of " + keys.size())
                        .addKeyValue("status", answer.status().intValue())
                        .addKeyValue("until", Instant.ofEpochMilli(restsUntil.get()))
                        .log("a provider's key rests");
            }
        }
    }

    /** A resting key that is asked nevertheless: when it works, its rest is over. */
    private record Probe(Key key) implements Proof {
        @Override
        public void addTo(List<HttpHeader> headers, HttpRequest request, Place place) {
            key.addTo(headers, request, place);
        }

        @Override
        public boolean learns() {
            return true;
        }

        @Override
        public void answered(HttpResponse answer) {
            if (answer.status().isSuccess()) {
                key.restsUntil.set(0);
            } else {
                key.answered(answer);
            }
        }

        @Override
        public String toString() {
            return "Probe";
        }
    }
}

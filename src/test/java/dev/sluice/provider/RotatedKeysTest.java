package dev.sluice.provider;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.ProviderRule.Authorization;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.Uri;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RotatedKeysTest {
    private static final HttpRequest REQUEST = HttpRequest.create();
    private static final Place PLACE =
            new Place(new Target.Host(true, "h", 443), RawHeader.create("Host", "h"), Uri.create("/"));

    private final SetClock clock = new SetClock();
    private final RotatedKeys keys = new RotatedKeys("p", Rules.keys("a", "b", "c"), clock);

    @Test
    void takesTheKeysInTurn() {
        assertThat(nextSix()).containsExactly("a", "b", "c", "a", "b", "c");
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 402, 403})
    void letsARefusedKeyRest(int status) {
        keys.atHand(REQUEST).answered(answer(status));

        assertThat(nextSix()).containsOnly("b", "c");
        clock.move(RotatedKeys.REFUSED_REST);
        assertThat(nextSix()).contains("a");
    }

    @Test
    void tellsHowManyRest() {
        keys.atHand(REQUEST).answered(answer(401));
        keys.atHand(REQUEST).answered(answer(429));

        assertThat(keys.resting()).isEqualTo(2);
        assertThat(new Passthrough(keys).resting()).isEqualTo(2);
        clock.move(RotatedKeys.SLOWED_REST);
        assertThat(keys.resting()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 400, 404, 500, 503, 529})
    void blamesAKeyForNothingElse(int status) {
        keys.atHand(REQUEST).answered(answer(status));

        assertThat(nextSix()).contains("a");
    }

    @ParameterizedTest
    @CsvSource({"30, 30", "0, 1", "999999, 600", "99999999999999999999, 600", "soon, 10", "'', 10", "-5, 10"})
    void letsASlowedKeyRestAsLongAsItWasToldWithinBounds(String retryAfter, int seconds) {
        keys.atHand(REQUEST).answered(answer(429).addHeader(RawHeader.create("Retry-After", retryAfter)));

        clock.move(Duration.ofSeconds(seconds).minusMillis(1));
        assertThat(nextSix()).containsOnly("b", "c");
        clock.move(Duration.ofMillis(1));
        assertThat(nextSix()).contains("a");
    }

    @Test
    void readsADateToo() {
        var at = DateTimeFormatter.RFC_1123_DATE_TIME.format(
                clock.instant().plusSeconds(60).atOffset(ZoneOffset.UTC));
        keys.atHand(REQUEST).answered(answer(429).addHeader(RawHeader.create("Retry-After", at)));

        clock.move(Duration.ofSeconds(59));
        assertThat(nextSix()).doesNotContain("a");
        clock.move(Duration.ofSeconds(1));
        assertThat(nextSix()).contains("a");
    }

    @Test
    void goesOnWithTheKeyThatWakesFirstWhenAllRest() {
        keys.atHand(REQUEST).answered(answer(401));
        keys.atHand(REQUEST).answered(answer(429).addHeader(RawHeader.create("Retry-After", "20")));
        keys.atHand(REQUEST).answered(answer(429).addHeader(RawHeader.create("Retry-After", "40")));

        assertThat(nextSix()).containsOnly("b");
    }

    @Test
    void endsARestEarlyWhenTheKeyWorksAgain() {
        for (int i = 0; i < 3; i++) {
            keys.atHand(REQUEST).answered(answer(403));
        }
        var probe = keys.atHand(REQUEST);

        probe.answered(answer(200));

        clock.move(Duration.ofSeconds(1));
        assertThat(nextSix()).containsOnly(used(probe));
        assertThat(keys.atHand(REQUEST)).as("no probe any more").isNotSameAs(probe);
    }

    @Test
    void doesNotBelieveAnAnswerFromBeforeTheRest() {
        var early = keys.atHand(REQUEST);
        early.answered(answer(429));
        early.answered(answer(200));

        assertThat(nextSix()).doesNotContain("a");
    }

    @Test
    void shortensNoRestByAMilderAnswerThatCameLater() {
        var key = keys.atHand(REQUEST);
        key.answered(answer(401));
        key.answered(answer(429));

        clock.move(RotatedKeys.SLOWED_REST);
        assertThat(nextSix()).doesNotContain("a");
    }

    @Property(tries = 300)
    void alwaysHasAKeyAndNeverARestingOneWhileAnotherIsAwake(
            @ForAll @Size(max = 60) List<@IntRange(max = 7) Integer> steps) {
        var time = new SetClock();
        var rotated = new RotatedKeys("p", Rules.keys("a", "b", "c", "d"), time);
        var restUntil = new HashMap<String, Instant>();
        for (var step : steps) {
            var proof = rotated.atHand(REQUEST);
            var key = used(proof);
            var awake = Stream.of("a", "b", "c", "d")
                    .filter(it -> !restUntil.getOrDefault(it, Instant.MIN).isAfter(time.instant()))
                    .toList();
            if (!awake.isEmpty()) {
                assertThat(awake).contains(key);
            }
            switch (step) {
                case 0 -> {
                    proof.answered(answer(401));
                    restUntil.merge(key, time.instant().plus(RotatedKeys.REFUSED_REST), RotatedKeysTest::later);
                }
                case 1, 2 -> {
                    proof.answered(answer(429));
                    restUntil.merge(key, time.instant().plus(RotatedKeys.SLOWED_REST), RotatedKeysTest::later);
                }
                case 3 -> {
                    proof.answered(answer(200));
                    if (awake.isEmpty()) {
                        restUntil.remove(key);
                    }
                }
                case 4 -> time.move(Duration.ofSeconds(7));
                case 5 -> time.move(Duration.ofMinutes(3));
                default -> {
                    // No answer at all says nothing about a key.
                }
            }
        }
    }

    @Test
    void setsOneHeader() {
        var rotated = new RotatedKeys("p", Rules.keys(Authorization.X_GOOG_API_KEY, "a", "b"), clock);

        assertThat(rotated.names()).containsExactly("x-goog-api-key");
    }

    private static Instant later(Instant a, Instant b) {
        return a.isAfter(b) ? a : b;
    }

    private List<String> nextSix() {
        return IntStream.range(0, 6).mapToObj(i -> used(keys.atHand(REQUEST))).toList();
    }

    private static HttpResponse answer(int status) {
        return HttpResponse.create()
                .withStatus(
                        StatusCodes.lookup(status).orElseGet(() -> StatusCodes.custom(status, "", "", false, true)));
    }

    private static String used(Proof proof) {
        var headers = new ArrayList<HttpHeader>();
        try {
            proof.addTo(headers, REQUEST, PLACE);
        } catch (UpstreamFailure e) {
            throw new AssertionError(e);
        }
        return headers.getFirst().value().replace("Bearer ", "");
    }
}

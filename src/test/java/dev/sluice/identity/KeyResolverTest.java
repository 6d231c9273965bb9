package dev.sluice.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.QuotaRule;
import dev.sluice.key.GatewayKeys;
import dev.sluice.key.KeyRecord;
import dev.sluice.key.KeyStatus;
import dev.sluice.key.KeyTerms;
import dev.sluice.key.KeyTerms.Allowance;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyResolverTest {
    private static final String ALICE = "sk-sluice-alice";
    private static final String MACHINE = "sk-sluice-machine";
    private static final String REVOKED = "sk-sluice-revoked";
    private static final String SLOW = "sk-sluice-slow";

    private final CompletableFuture<GatewayKeys.Verdict> slow = new CompletableFuture<>();
    private final Identity identity = new IdentityChain(List.of(
            new KeyResolver(new FourKeys()), new ServeHeaders(List.of(AddressRange.of("127.0.0.1"))), new Loopback()));

    /** One of a person, one of a machine, one that does not hold, and one of which nobody has said yet. */
    private final class FourKeys implements GatewayKeys {
        @Override
        public CompletionStage<Verdict> verify(String presented) {
            return switch (presented) {
                case ALICE -> CompletableFuture.completedStage(new Valid(key(List.of())));
                case MACHINE -> CompletableFuture.completedStage(new Valid(key(List.of("tag:prod", "tag:ci"))));
                case SLOW -> slow;
                default -> CompletableFuture.completedStage(new Refused("not one of ours"));
            };
        }

        @Override
        public CompletionStage<Creation> create(KeyTerms terms, String by) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<List<KeyStatus>> list(@Nullable String owner, int limit, @Nullable String before) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<Optional<KeyStatus>> find(String id) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<Optional<KeyStatus>> revoke(String id, String by) {
            throw new UnsupportedOperationException();
        }
    }

    private static KeyRecord key(List<String> tags) {
        var terms = new KeyTerms(
                "alice@example.com", "laptop", tags, List.of("p/**"), new Allowance("$10", "$5/day"), null, false);
        return new KeyRecord("id" + tags.size(), terms, Instant.EPOCH, "root");
    }

    private static HttpRequest request(String uri, String... headers) {
        var request = HttpRequest.create(uri);
        for (var header : headers) {
            var colon = header.indexOf(':');
            request = request.addHeader(RawHeader.create(
                    header.substring(0, colon), header.substring(colon + 1).strip()));
        }
        return request;
    }

    private CompletableFuture<Optional<Caller>> identify(HttpRequest request) {
        return identity.identify(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1), request)
                .thenApply(known -> known.map(Identified::caller))
                .toCompletableFuture();
    }

    @Test
    void knowsTheOwnerAndWhatTheKeyTakesAway() {
        assertThat(identify(request("/", "x-api-key: " + ALICE)))
                .isCompletedWithValue(Optional.of(new Caller(
                        "alice@example.com",
                        "laptop",
                        "key:id0",
                        List.of(),
                        List.of(),
                        false,
                        List.of(),
                        new Restriction(List.of("p/**"), QuotaRule.of("key:id0", "$10", "$5/day"), false))));
    }

    @Test
    void knowsAMachineByItsTags() {
        assertThat(identify(request("/", "x-api-key: " + MACHINE)).resultNow().orElseThrow())
                .returns("tag:ci,tag:prod", Caller::login)
                .returns(List.of("tag:ci", "tag:prod"), Caller::tags);
    }

    @Test
    void isTheSameCallerEachTime() {
        var first = identify(request("/", "x-api-key: " + ALICE)).resultNow().orElseThrow();

        assertThat(identify(request("/?key=" + ALICE)).resultNow().orElseThrow())
                .isSameAs(first);
    }

    @Test
    void saysWhereTheKeyWasSoThatNobodyBehindTheGateSeesIt() {
        var byParameter = request("/api/models?limit=2&%6bey=" + ALICE, "x-api-key: sk-ant-abc");
        var byHeaders = request("/", "x-api-key: " + ALICE, "Authorization: Bearer " + ALICE, "api-key: another");

        for (int twice = 0; twice < 2; twice++) {
            assertThat(seen(byParameter).getUri().rawQueryString()).hasValue("limit=2");
            assertThat(seen(byParameter).getHeader("x-api-key")).isPresent();
            assertThat(seen(byHeaders).getHeader("x-api-key")).isEmpty();
            assertThat(seen(byHeaders).getHeader("authorization")).isEmpty();
            assertThat(seen(byHeaders).getHeader("api-key")).isPresent();
        }
    }

    private HttpRequest seen(HttpRequest request) {
        return identity.identify(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1), request)
                .thenApply(known -> known.orElseThrow().withoutProof(request))
                .toCompletableFuture()
                .resultNow();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Authorization: Bearer sk-proj-abc",
                "x-api-key: sk-ant-abc",
                "x-goog-api-key: AIza",
                "Authorization: Basic c2stc2x1aWNlLWFsaWNl",
                "x-other: sk-sluice-alice",
                "Authorization: AWS4-HMAC-SHA256 Credential=sk-sluice-alice",
                "x-api-key: -"
            })
    void leavesTheRestToOthers(String header) {
        assertThat(identify(request("/?keys=" + ALICE, header))
                        .resultNow()
                        .orElseThrow()
                        .loopback())
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Authorization: Bearer sk-sluice-revoked",
                "Authorization: sk-sluice-revoked",
                "Authorization: bearer  SK-Sluice-alice",
                "x-api-key: Bearer sk-sluice-",
                "x-goog-api-key: sk-sluice-revoked",
                "api-key: sk-sluice-revoked"
            })
    void doubtsWhatDoesNotHoldWhoeverElseItMightBe(String header) {
        assertThat(identify(request("/", header))).isCompletedWithValue(Optional.empty());
        assertThat(identify(request("/", header, "Tailscale-User-Login: bob@example.com")))
                .isCompletedWithValue(Optional.empty());
    }

    @Test
    void comesBeforeTheHeadersOfAProxy() {
        assertThat(identify(request("/", "x-api-key: " + ALICE, "Tailscale-User-Login: bob@example.com"))
                        .resultNow()
                        .orElseThrow()
                        .login())
                .isEqualTo("alice@example.com");
    }

    @Test
    void doubtsTwoOfWhichEitherWouldDo() {
        assertThat(identify(request("/", "x-api-key: " + ALICE, "authorization: Bearer " + MACHINE)))
                .isCompletedWithValue(Optional.empty());
        assertThat(identify(request("/?key=" + MACHINE, "x-api-key: " + ALICE, "api-key: " + ALICE)))
                .isCompletedWithValue(Optional.empty());
        assertThat(identify(request("/?key=" + REVOKED, "x-api-key: " + ALICE))).isCompletedWithValue(Optional.empty());
        assertThat(identify(request("/?key=" + ALICE + "&key=" + ALICE, "x-api-key: " + ALICE))
                        .resultNow())
                .isPresent();
    }

    @Test
    void waitsForWhatNobodyHasSaidYet() {
        var one = identify(request("/", "x-api-key: " + SLOW));
        var two = identify(request("/", "x-api-key: " + SLOW));
        assertThat(one).isNotDone();

        slow.complete(new GatewayKeys.Refused("revoked"));

        assertThat(one).isCompletedWithValue(Optional.empty());
        assertThat(two).isCompletedWithValue(Optional.empty());
    }

    @Test
    void isNobodyElseWhenNobodyCanSay() {
        var unsaid = identify(request("/", "x-api-key: " + SLOW, "Tailscale-User-Login: bob@example.com"));

        slow.complete(new GatewayKeys.Unsaid("no storage"));

        assertThat(unsaid)
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .withCauseInstanceOf(UnansweredException.class);
    }
}

package dev.sluice.provider;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.config.CredentialRule.ServiceAccount;
import dev.sluice.config.ProviderRule;
import dev.sluice.config.ProviderRule.AuthMode;
import dev.sluice.config.Secret;
import dev.sluice.testing.BareProvider;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.GoogleAccount;
import dev.sluice.testing.TokenEndpoint;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.stream.SystemMaterializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens of a service account, from a token endpoint that believes nobody else. */
class GoogleCredentialIT {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final GoogleAccount ACCOUNT = GoogleAccount.create();

    private final RelayStand stand = RelayStand.start();
    private final TokenEndpoint endpoint = TokenEndpoint.start(ACCOUNT);
    private final ProviderRule rule = rule(endpoint.uri());

    @AfterEach
    void stop() {
        endpoint.close();
        stand.close();
    }

    @Test
    void claimsWhatGoogleWantsToHear() throws Exception {
        stand.ask(rule);

        assertThat(stand.seen("Authorization")).containsExactly("Bearer token-1");
        var claims = endpoint.claims().getFirst();
        var now = SetClock.NOON.getEpochSecond();
        assertThat(claims.path("iss").asText()).isEqualTo(GoogleAccount.EMAIL);
        assertThat(claims.path("aud").asText()).isEqualTo(endpoint.uri());
        assertThat(claims.path("scope").asText()).isEqualTo("https://www.googleapis.com/auth/cloud-platform");
        assertThat(claims.path("iat").asLong()).isEqualTo(now);
        assertThat(claims.path("exp").asLong()).isEqualTo(now + 3600);
        assertThat(claims.path("head").path("alg").asText()).isEqualTo("RS256");
        assertThat(claims.path("head").path("kid").asText()).isEqualTo("key-1");
    }

    @Test
    void asksOnceForTwoHundredRequestsThatComeTogether() throws Exception {
        endpoint.hold();
        var answers = new ArrayList<CompletableFuture<HttpResponse>>();
        for (int i = 0; i < 200; i++) {
            answers.add(stand.send(rule, RelayStand.request("/v1/x")));
        }
        Eventually.await(SOON, () -> assertThat(endpoint.claims()).hasSize(1));
        endpoint.release();

        for (var answer : answers) {
            assertThat(answer.get(20, TimeUnit.SECONDS).status().intValue()).isEqualTo(200);
        }
        assertThat(endpoint.claims()).hasSize(1);
        assertThat(stand.requests())
                .hasSize(200)
                .allSatisfy(request ->
                        assertThat(RelayStand.values(request, "Authorization")).containsExactly("Bearer token-1"));
    }

    @Test
    void renewsBeforeTheEndWithoutLettingAnybodyWait() throws Exception {
        stand.ask(rule);
        stand.clock.move(Duration.ofMinutes(50));
        stand.ask(rule);
        assertThat(endpoint.claims()).hasSize(1);
        endpoint.hold();
        stand.clock.move(Duration.ofMinutes(6));

        stand.ask(rule);
        assertThat(stand.seen("Authorization")).containsExactly("Bearer token-1");
        endpoint.release();

        Eventually.await(SOON, () -> {
            stand.ask(rule);
            assertThat(stand.seen("Authorization")).containsExactly("Bearer token-2");
        });
        assertThat(endpoint.claims()).hasSize(2);
    }

    @Test
    void goesOnWithTheOldTokenWhenTheRenewalFailsAndFailsOnlyPastItsEnd() throws Exception {
        stand.ask(rule);
        endpoint.fail("503 Service Unavailable\n{}");
        stand.clock.move(Duration.ofMinutes(58));

        stand.ask(rule);
        Eventually.await(SOON, () -> assertThat(endpoint.claims()).hasSize(2));
        stand.ask(rule);
        assertThat(stand.seen("Authorization")).containsExactly("Bearer token-1");
        stand.clock.move(Duration.ofMinutes(3));
        assertThat(failure(rule)).hasMessage(endpoint.host() + " answered 503 when asked for an access token");

        endpoint.fail("");
        stand.ask(rule);
        assertThat(stand.seen("Authorization").getFirst()).startsWith("Bearer token-");
    }

    @Test
    void keepsItsTokenUnderAPolicyThatChangesOtherThings() throws Exception {
        stand.ask(rule);
        stand.ask(Rules.provider(stand.url(), rule.credential(), AuthMode.OVERRIDE, List.of(Map.entry("X-New", "1"))));

        assertThat(endpoint.claims()).hasSize(1);
        assertThat(stand.seen("X-New")).containsExactly("1");
    }

    @Test
    void fetchesAnotherTokenWhenAnOldOneIsRefused() throws Exception {
        stand.ask(rule);
        stand.clock.move(Duration.ofMinutes(5));
        stand.answers("401 Unauthorized");
        stand.ask(rule);
        stand.answers("200 OK");

        stand.ask(rule);

        assertThat(stand.seen("Authorization")).containsExactly("Bearer token-2");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "400 Bad Request\n{\"error\": \"invalid_grant\", \"error_description\": \"ASSERTION\"}",
                "400 Bad Request\n{\"error\": \"ASSERTION\"}",
                "403 Forbidden\nASSERTION",
                "200 OK\n{\"access_token\": \"a b\\r\\nx: ASSERTION\", \"expires_in\": 3600}",
                "200 OK\n{\"access_token\": \"t\"}",
                "200 OK\n[\"ASSERTION\"]",
                "200 OK\n{\"access_token\": \"ASSERT",
            })
    void saysWhoFailedAndHowAndNothingThatWasSaid(String answer) throws Exception {
        endpoint.fail(answer);

        var failure = failure(rule);

        assertThat(failure.kind()).isEqualTo(UpstreamFailure.Kind.UNREACHABLE);
        assertThat(failure.getMessage())
                .startsWith(endpoint.host() + " answered " + answer.substring(0, 3))
                .doesNotContain("ey")
                .hasSizeLessThan(150);
        assertThat(answer.contains("invalid_grant"))
                .isEqualTo(failure.getMessage().contains("(invalid_grant)"));
        assertThat(stand.requests()).isEmpty();
    }

    @Test
    void readsNoEndlessAnswer() throws Exception {
        try (var endless = BareProvider.start((request, in, out) -> {
            out.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            var chunk = ("1000\r\n" + "x".repeat(0x1000) + "\r\n").getBytes(StandardCharsets.US_ASCII);
            while (true) {
                out.write(chunk);
            }
        })) {
            var failure = failure(rule(endless.url() + "/token"));

            assertThat(failure).hasMessageContaining("answered 200 when asked for an access token");
            Eventually.await(SOON, () -> assertThat(endless.openConnections()).isZero());
        }
    }

    @Test
    void waitsNoLongerThanItsPatienceAndThenLetsTheCallGo() {
        var asked = new CompletableFuture<HttpRequest>();
        var tokens = new GoogleTokens(
                (ServiceAccount) rule.credential(),
                (host, request) -> {
                    asked.complete(request);
                    return new CompletableFuture<>();
                },
                stand.clock,
                SystemMaterializer.get(stand.system()).materializer(),
                Duration.ofMillis(20));

        assertThatThrownBy(() -> tokens.fetch().toCompletableFuture().get(20, TimeUnit.SECONDS))
                .hasCauseInstanceOf(UpstreamFailure.class)
                .hasMessageContaining(endpoint.host() + " gave no whole answer when asked for an access token");
        CompletionStage<?> abandoned =
                asked.join().getAttribute(Providers.ABANDONED).orElseThrow();
        assertThat(abandoned.toCompletableFuture()).isCompleted();
    }

    @Test
    void letsARequestGoWhoseClientHasGone() {
        endpoint.hold();
        var gone = new CompletableFuture<Done>();
        var answer = stand.send(rule, RelayStand.request("/v1/x").addAttribute(Providers.ABANDONED, gone));
        gone.complete(Done.getInstance());

        assertThatThrownBy(() -> answer.get(20, TimeUnit.SECONDS))
                .hasCauseInstanceOf(UpstreamFailure.class)
                .hasMessageContaining("nobody waits");
    }

    @Test
    void saysThatTheEndpointCannotBeReached() throws Exception {
        endpoint.close();

        assertThat(failure(rule)).hasMessageContaining(endpoint.host() + " cannot be reached");
    }

    private UpstreamFailure failure(ProviderRule asked) throws Exception {
        try {
            throw new AssertionError(stand.ask(asked).toString());
        } catch (ExecutionException e) {
            return (UpstreamFailure) requireNonNull(e.getCause());
        }
    }

    private ProviderRule rule(String tokenUri) {
        return Rules.provider(
                stand.url(),
                new ServiceAccount(
                        GoogleAccount.EMAIL, "key-1", Secret.of(ACCOUNT.pem()), tokenUri, "project-7", "global"));
    }
}

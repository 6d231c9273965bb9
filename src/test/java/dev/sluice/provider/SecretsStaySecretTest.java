package dev.sluice.provider;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.CredentialRule;
import dev.sluice.config.CredentialRule.ServiceAccount;
import dev.sluice.config.Policy;
import dev.sluice.config.PolicyDocument;
import dev.sluice.config.ProviderRule;
import dev.sluice.config.ProviderRule.AuthMode;
import dev.sluice.config.ProviderRule.Authorization;
import dev.sluice.config.Secret;
import dev.sluice.testing.GoogleAccount;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;

/** Whatever holds a credential prints without it, however it is printed. */
class SecretsStaySecretTest {
    private static final String MARKER = "sEcReT";
    private static final GoogleAccount ACCOUNT = GoogleAccount.create();
    /** The middle of the key, for its beginning is the same for all. */
    private static final String KEY_PIECE =
            ACCOUNT.pem().lines().skip(8).findFirst().orElseThrow();

    @ParameterizedTest
    @EnumSource(Authorization.class)
    void inEveryWayToSendAKey(Authorization authorization) {
        var rule = Rules.keys(authorization, MARKER, MARKER + "2");
        var clock = new SetClock();

        for (Object it : List.of(
                rule,
                Rules.provider("http://h", rule),
                FixedCredential.of(Secret.of(MARKER), authorization),
                new Passthrough(FixedCredential.of(Secret.of(MARKER), authorization)),
                new RotatedKeys("p", rule, clock),
                new RotatedKeys("p", rule, clock).atHand(HttpRequest.create()),
                Target.of(Rules.provider("http://h", rule), FixedCredential.of(Secret.of(MARKER), authorization)))) {
            assertPrintsNone(it);
        }
    }

    @Test
    void inAServiceAccount() {
        assertPrintsNone(account());
        assertPrintsNone(Rules.provider("http://h", account()));
        assertPrintsNone(new GoogleTokens.Answer(MARKER, Duration.ofHours(1)));
        assertPrintsNone(new Renewed.Lease<>(MARKER, SetClock.NOON, SetClock.NOON));
    }

    @Test
    void inAnAwsSignature() throws Exception {
        var signer = new AwsSigner("r", "bedrock", AwsSessionCredentials.create("id", MARKER, MARKER), new SetClock());
        assertPrintsNone(signer);
        assertPrintsNone(new Renewed.Lease<>(signer, SetClock.NOON, SetClock.NOON));
    }

    @Test
    void inWhatAClientBrought() {
        var credential = ClientCredential.of(List.of(RawHeader.create("Authorization", "Bearer " + MARKER)), Set.of())
                .orElseThrow();

        assertPrintsNone(credential);
        assertPrintsNone(HttpRequest.create().addAttribute(Providers.CLIENT_CREDENTIAL, credential));
    }

    @Test
    void inAChainThatFails() {
        var failing = new AwsCredential(
                "p",
                new CredentialRule.AwsSignature("r", "bedrock", ""),
                () -> {
                    throw new IllegalStateException("read " + MARKER);
                },
                Runnable::run,
                new SetClock(),
                new Random(1));

        assertThat(((CompletableFuture<?>) failing.obtain(HttpRequest.create())))
                .isCompletedExceptionally()
                .satisfies(it -> {
                    for (Throwable at = it.exceptionNow(); at != null; at = at.getCause()) {
                        assertThat(at.toString()).doesNotContain(MARKER);
                    }
                });
    }

    @Test
    void inWhatTheLogSaysAboutAFailingChain() {
        var message =
                "Unable to load credentials from AwsCredentialsProviderChain(WebIdentityTokenCredentialsProvider()): "
                        + "no profile 'models' in ~/.aws/credentials; command said: wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY, "
                        + "AKIAIOSFODNN7EXAMPLE, " + "x".repeat(50) + ", eyJhbGciOiJSUzI1NiJ9";

        assertThat(AwsCredential.printable(message))
                .isEqualTo(
                        "Unable to load credentials from AwsCredentialsProviderChain(WebIdentityTokenCredentialsProvider()): "
                                + "no profile 'models' in ~/.aws/credentials; command said: ***, ***, ***, ***");
        assertThat(AwsCredential.printable("a ".repeat(10_000))).hasSize(1000);
        assertThat(AwsCredential.printable("a".repeat(1_000_000))).isEqualTo("***");
    }

    @ParameterizedTest
    @MethodSource("documents")
    void inAPolicyAndInWhatIsWrongWithIt(String apiKeyFields) {
        var reading = PolicyDocument.read(
                "{\"providers\": {\"p\": {\"baseurl\": \"https://h\", " + apiKeyFields + "}}}",
                name -> MARKER + "\u0001");

        assertPrintsNone(reading);
        assertPrintsNone(reading.findings());
        assertPrintsNone(String.valueOf(reading.policy()));
    }

    @Test
    void inAGrant() {
        var reading = PolicyDocument.read("""
                {"grants": [{"src": ["*"], "app": {"tailscale.com/cap/aperture": [
                  {"models": "**", "add_headers": ["Authorization: Basic sEcReT", "Host: sEcReT"]}]}}]}""");

        assertThat(String.valueOf(reading.policy())).contains("Authorization: ***");
        assertPrintsNone(reading);
    }

    static Stream<String> documents() {
        var broken = ACCOUNT.json("https://t").replace("BEGIN", MARKER);
        return Stream.of(
                "\"apikey\": \"" + MARKER + "\"",
                "\"apikey\": \"${S}\"",
                "\"apikeys\": [\"" + MARKER + "\", \"${S}\", {\"" + "a" + "\": 1}]",
                "\"apikey\": \"" + MARKER + "\", \"authorization\": \"nonsense\"",
                "\"apikey\": \"" + MARKER + "\\u0007\"",
                "\"apikey\": \"" + MARKER + "\", \"auth_mode\": \"${S}\"",
                "\"apikey\": \"" + ACCOUNT.apiKey("https://t") + "\"",
                "\"apikey\": \"" + GoogleAccount.apiKeyOf(broken) + "\"",
                "\"apikey\": \"keyfile::" + MARKER + "!\"",
                "\"apikey\": \"" + GoogleAccount.apiKeyOf("{" + MARKER) + "\"",
                "\"apikey\": \"" + MARKER + "\", \"authorization\": \"sigv4\", \"aws_region\": \"${S}\"",
                "\"add_headers\": [\"Authorization: Basic " + MARKER + "\", \"Bad-${S}\", \"Host: " + MARKER + "\"]",
                "\"vertex_region\": \"${S}\", \"aws_profile\": \"x\"");
    }

    private static ServiceAccount account() {
        return new ServiceAccount("e", "k", Secret.of(ACCOUNT.pem()), "https://t", "p", "global");
    }

    private static void assertPrintsNone(Object it) {
        var text = new ArrayList<String>();
        text.add(it.toString());
        if (it instanceof ProviderRule rule) {
            text.add(new Policy(Map.of("p", rule), List.of(), Map.of(), true, Map.of(), Map.of()).toString());
            text.add(Rules.provider(rule.baseUrl(), rule.credential(), AuthMode.PASSTHROUGH, List.of())
                    .toString());
        }
        assertThat(text).allSatisfy(line -> assertThat(line).doesNotContain(MARKER, KEY_PIECE));
    }
}

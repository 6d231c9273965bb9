package dev.sluice.config;

import static dev.sluice.config.Finding.Severity.WARNING;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.config.CredentialRule.AwsSignature;
import dev.sluice.config.CredentialRule.Keys;
import dev.sluice.config.CredentialRule.ServiceAccount;
import dev.sluice.config.ProviderRule.AuthMode;
import dev.sluice.config.ProviderRule.Authorization;
import dev.sluice.testing.GoogleAccount;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CredentialReaderTest {
    private static final String TOKEN_URI = "https://oauth2.googleapis.com/token";
    private static final String AWS = "https://bedrock-runtime.eu-west-1.amazonaws.com";
    private static final GoogleAccount ACCOUNT = GoogleAccount.create();

    @ParameterizedTest
    @CsvSource({
        "bearer, BEARER",
        "x-api-key, X_API_KEY",
        "x-goog-api-key, X_GOOG_API_KEY",
        "hec, HEC",
        "cf-aig-authorization, CF_AIG_AUTHORIZATION"
    })
    void knowsEveryWayToSendAKey(String written, Authorization authorization) {
        var reading = read("http://h", "\"apikey\": \"k\", \"authorization\": \"" + written + "\"");

        assertThat(credential(reading)).isEqualTo(new Keys(List.of(Secret.of("k")), authorization));
        assertThat(warnings(reading)).isEmpty();
    }

    @Test
    void namesAWayThatItDoesNotKnow() {
        assertThat(warnings(read("http://h", "\"authorization\": \"basic\"")))
                .containsExactly("provider p has invalid authorization type: basic");
    }

    @ParameterizedTest
    @CsvSource({"'', OVERRIDE", "override, OVERRIDE", "passthrough, PASSTHROUGH", "none, NONE"})
    void knowsEveryMode(String written, AuthMode mode) {
        var reading = read("http://h", "\"apikey\": \"k\", \"auth_mode\": \"" + written + "\"");

        assertThat(provider(reading).authMode()).isEqualTo(mode);
        assertThat(warnings(reading)).isEmpty();
    }

    @Test
    void namesAModeThatItDoesNotKnow() {
        var reading = read("http://h", "\"auth_mode\": \"pass\"");

        assertThat(warnings(reading))
                .containsExactly("provider p: auth_mode: \"pass\" (expected: one of none, override, passthrough)");
        assertThat(provider(reading).authMode()).isEqualTo(AuthMode.OVERRIDE);
    }

    @ParameterizedTest
    @CsvSource({
        "passthrough, '', true, false",
        "passthrough, k, false, false",
        "override, '', false, true",
        "override, k, false, false",
        "none, '', false, false",
    })
    void tellsWhoHasToBringACredential(String mode, String key, boolean client, boolean lacks) {
        var provider = provider(read("http://h", "\"auth_mode\": \"%s\", \"apikey\": \"%s\"".formatted(mode, key)));

        assertThat(provider.requiresClientAuth()).isEqualTo(client);
        assertThat(provider.lacksCredential()).isEqualTo(lacks);
    }

    @Test
    void takesSeveralKeysEachOnceAndWithoutTheirLineBreaks() {
        var reading = read("http://h", "\"apikey\": \"a\", \"apikeys\": [\"b\\n\", \"a\", \" \", \"c d\", \"\"]");

        assertThat(credential(reading))
                .isEqualTo(new Keys(Stream.of("a", "b", "c d").map(Secret::of).toList(), Authorization.BEARER));
        assertThat(warnings(reading)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\\r\\nX-Evil: 1", "a\\u0000", "schlüssel"})
    void ignoresAKeyThatNoHeaderCanCarry(String key) {
        var reading = read("http://h", "\"apikeys\": [\"good\", \"" + key + "\"]");

        assertThat(credential(reading)).isEqualTo(new Keys(List.of(Secret.of("good")), Authorization.BEARER));
        assertThat(warnings(reading))
                .containsExactly("provider p: a key has characters that no header can carry; it is ignored");
    }

    @ParameterizedTest
    @CsvSource({
        "https://bedrock-runtime.eu-west-1.amazonaws.com, , eu-west-1, bedrock",
        "https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com/, , us-gov-west-1, bedrock",
        "https://BEDROCK-RUNTIME.us-east-1.amazonaws.com:443, , us-east-1, bedrock",
        "https://bedrock-runtime.cn-north-1.amazonaws.com.cn, , cn-north-1, bedrock",
        "https://vpce-1-a.bedrock-runtime.us-east-2.vpce.amazonaws.com, , us-east-2, bedrock",
        "https://bedrock-mantle.us-east-1.api.aws, , us-east-1, bedrock-mantle",
        "https://bedrock-runtime.eu-west-1.amazonaws.com, eu-west-3, eu-west-3, bedrock",
        "http://127.0.0.1:4566, eu-west-1, eu-west-1, bedrock",
    })
    void findsTheRegionToSignFor(String url, @Nullable String written, String region, String service) {
        var extra = written == null ? "" : ", \"aws_region\": \"" + written + "\"";
        var reading = read(url, "\"authorization\": \"sigv4\", \"aws_profile\": \"models\"" + extra);

        assertThat(credential(reading)).isEqualTo(new AwsSignature(region, service, "models"));
        assertThat(warnings(reading)).isEmpty();
        assertThat(provider(reading).lacksCredential()).isFalse();
    }

    @Test
    void leavesOutAProviderWhoseRegionNobodyNames() {
        var reading = read("https://proxy.internal", "\"authorization\": \"sigv4\"");

        assertThat(requireNonNull(reading.policy()).providers()).isEmpty();
        assertThat(warnings(reading))
                .containsExactly("provider p: authorization sigv4 needs \"aws_region\": the baseurl does not name one; "
                        + "it is left out");
    }

    @ParameterizedTest
    @ValueSource(strings = {"evil.com/", "EU", "-a", "a b"})
    void takesNoRegionThatIsNone(String region) {
        var reading = read(AWS, "\"authorization\": \"sigv4\", \"aws_region\": \"" + region + "\"");

        assertThat(warnings(reading))
                .containsExactly(
                        "provider p: aws_region: \"" + region + "\" (expected: a region, for example us-east5)");
        assertThat(credential(reading)).isEqualTo(new AwsSignature("eu-west-1", "bedrock", ""));
    }

    @Test
    void readsAKeyFileAlsoOneWithLineBreaks() {
        var apiKey = ACCOUNT.apiKey(TOKEN_URI);
        var broken = apiKey.substring(0, 60) + "\\n" + apiKey.substring(60) + "\\n";
        var expected = new ServiceAccount(
                GoogleAccount.EMAIL, "key-1", Secret.of(ACCOUNT.pem()), TOKEN_URI, "project-7", "global");

        assertThat(credential(read("https://h", "\"apikey\": \"" + apiKey + "\"")))
                .isEqualTo(expected);
        assertThat(credential(read("https://h", "\"apikey\": \"" + broken + "\"")))
                .isEqualTo(expected);
        var reading = read("https://h", "\"vertex_region\": \"europe-west4\", \"apikey\": \"" + apiKey + "\"");
        assertThat(((ServiceAccount) credential(reading)).region()).isEqualTo("europe-west4");
        assertThat(warnings(reading)).isEmpty();
    }

    @Test
    void asksGoogleForTokensUnlessTheFileSaysWhom() {
        var apiKey = changed(file -> file.remove("token_uri"));

        assertThat(((ServiceAccount) credential(read("https://h", "\"apikey\": \"" + apiKey + "\""))).tokenUri())
                .isEqualTo(TOKEN_URI);
    }

    @ParameterizedTest
    @MethodSource("broken")
    void saysWhatIsWrongWithAKeyFileWithoutALetterOfIt(String apiKey, String why) {
        var reading = read("https://h", "\"apikey\": \"" + apiKey + "\"");

        assertThat(reading.findings())
                .filteredOn(it -> it.message().startsWith("provider p"))
                .singleElement()
                .satisfies(it -> {
                    assertThat(it.message())
                            .isEqualTo("provider p: apikey is no usable key file: " + why + "; it is left out");
                    assertThat(it.severity()).isEqualTo(WARNING);
                    assertThat(it.line()).isEqualTo(1);
                });
        assertThat(requireNonNull(reading.policy()).providers()).isEmpty();
    }

    static Stream<Arguments> broken() {
        var noKey = "private_key is no RSA key of at least 2048 bits in PEM (PKCS #8)";
        var noJson = "what follows \"keyfile::\" is no JSON object in base64";
        return Stream.of(
                broken("keyfile::ba3..3kb.data...67", "what follows \"keyfile::\" is no base64"),
                broken("keyfile::", noJson),
                broken(GoogleAccount.apiKeyOf("{\"type\": \"service_account\", sEcReT"), noJson),
                broken(GoogleAccount.apiKeyOf("[\"sEcReT\"]"), noJson),
                broken(changed(file -> file.put("type", "authorized_user")), "\"type\" is not \"service_account\""),
                broken(changed(file -> file.remove("client_email")), "client_email is missing"),
                broken(changed(file -> file.remove("project_id")), "project_id is missing or none"),
                broken(changed(file -> file.put("project_id", "../x")), "project_id is missing or none"),
                broken(changed(file -> file.put("token_uri", "http://evil.com/")), "token_uri is no https URL"),
                broken(
                        changed(file -> file.put("token_uri", "http://localhost.evil.com/")),
                        "token_uri is no https URL"),
                broken(changed(file -> file.put("token_uri", "file:///etc")), "token_uri is no https URL"),
                broken(changed(file -> file.remove("private_key")), noKey),
                broken(changed(file -> file.put("private_key", "sEcReT")), noKey),
                broken(changed(file -> file.put("private_key", ACCOUNT.pem().replaceFirst("MII", "MIJ"))), noKey),
                broken(
                        changed(file -> file.put(
                                "private_key", GoogleAccount.create(1024).pem())),
                        noKey));
    }

    private static Arguments broken(String apiKey, String why) {
        return Arguments.of(apiKey, why);
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://127.0.0.1:9/t", "http://localhost/t", "http://[::1]:80/t", "https://any.example/t"})
    void takesTokensOnlyOverAPrivateWay(String tokenUri) {
        assertThat(credential(read("https://h", "\"apikey\": \"" + ACCOUNT.apiKey(tokenUri) + "\"")))
                .isInstanceOf(ServiceAccount.class);
    }

    @Test
    void allowsNoKeyFileAmongKeys() {
        var reading = read("https://h", "\"apikeys\": [\"a\", \"" + ACCOUNT.apiKey(TOKEN_URI) + "\"]");

        assertThat(warnings(reading))
                .containsExactly("provider p: a key file can only stand in apikey, alone; this one is ignored");
    }

    @Test
    void aRuleThatExistsIsValid() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ServiceAccount("e", "", Secret.of("sEcReT"), TOKEN_URI, "p", "global"))
                .withNoCause()
                .withMessageNotContaining("sEcReT");
        assertThatIllegalArgumentException().isThrownBy(() -> new AwsSignature("a/b", "bedrock", ""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"Host", "content-length", "Content-Type", "connection", "Transfer-Encoding", "TE", "Upgrade"})
    void refusesToAddHeadersThatBelongToTheHopOrTheBody(String name) {
        var providers = read("http://h", "\"add_headers\": [\"" + name + ": x\", \"X-Team: a\"]");

        var message = "add_headers cannot set " + name.toLowerCase(Locale.ROOT) + "; it is left out";
        assertThat(warnings(providers)).containsExactly("provider p: " + message);
        assertThat(provider(providers).addHeaders()).containsExactly(Map.entry("X-Team", "a"));
        var grants = PolicyDocument.readCapabilities(
                "{\"tailscale.com/cap/aperture\": [{\"add_headers\": [\"" + name + ": x\"]}]}");
        assertThat(grants.findings()).extracting(Finding::message).containsExactly(message);
    }

    private static String changed(Consumer<ObjectNode> change) {
        try {
            var file = (ObjectNode) new ObjectMapper().readTree(ACCOUNT.json(TOKEN_URI));
            change.accept(file);
            return GoogleAccount.apiKeyOf(file.toString());
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    private static PolicyReading read(String baseUrl, String fields) {
        return PolicyDocument.read(
                "{\"providers\": {\"p\": {\"baseurl\": \"" + baseUrl + "\", " + fields + "}}}",
                Map.<String, String>of()::get);
    }

    private static ProviderRule provider(PolicyReading reading) {
        return requireNonNull(requireNonNull(reading.policy()).providers().get("p"));
    }

    private static CredentialRule credential(PolicyReading reading) {
        return provider(reading).credential();
    }

    /** What was said about the provider; the rest is about grants that there are none of. */
    private static List<String> warnings(PolicyReading reading) {
        return reading.findings().stream()
                .map(Finding::message)
                .filter(it -> it.startsWith("provider p"))
                .toList();
    }
}

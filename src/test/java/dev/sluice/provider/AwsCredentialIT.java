package dev.sluice.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.sluice.config.CredentialRule.AwsSignature;
import dev.sluice.config.ProviderRule;
import dev.sluice.testing.BareProvider;
import dev.sluice.testing.Eventually;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Signatures as they arrive at a provider, with credentials from where AWS's default chain finds them. */
class AwsCredentialIT {
    private static final Pattern AUTHORIZATION = Pattern.compile(
            "AWS4-HMAC-SHA256 Credential=([^/]+)/(\\d{8})/([^/]+)/([^/]+)/aws4_request, SignedHeaders=([^,]+), Signature=(.+)");

    @TempDir
    Path home;

    private final Map<String, @Nullable String> before = new HashMap<>();
    private final RelayStand stand = RelayStand.start();

    @BeforeEach
    void hideThisMachine() {
        set("aws.sharedCredentialsFile", home.resolve("credentials").toString());
        set("aws.configFile", home.resolve("config").toString());
        set("aws.disableEc2Metadata", "true");
    }

    @AfterEach
    void stop() {
        stand.close();
        before.forEach((name, value) -> {
            if (value == null) {
                System.clearProperty(name);
            } else {
                System.setProperty(name, value);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/model/anthropic.claude-v2:1/invoke",
                "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Aapplication-inference-profile%2Fabc/converse-stream",
                "/model/a%20b/invoke?x=1&y=%C3%A9",
            })
    void signsWhatReallyGoesOut(String path) throws Exception {
        set("aws.accessKeyId", "AKIDSTATIC");
        set("aws.secretAccessKey", "static-secret");
        var request = RelayStand.request(path)
                .addHeader(RawHeader.create("x-amz-date", "19700101T000000Z"))
                .addHeader(RawHeader.create("x-amz-security-token", "the-clients-own"))
                .addHeader(RawHeader.create("Authorization", "AWS4-HMAC-SHA256 the-clients-own"))
                .addHeader(RawHeader.create("x-amzn-bedrock-trace", "ENABLED"));

        stand.send(rule(""), request).get(20, TimeUnit.SECONDS);

        verify(stand.requests().getLast(), "AKIDSTATIC", "static-secret");
        assertThat(stand.requests().getLast().head()).doesNotContain("the-clients-own");
        assertThat(stand.seen("x-amz-date")).containsExactly("20261124T120000Z");
        assertThat(stand.seen("x-amzn-bedrock-trace")).containsExactly("ENABLED");
    }

    @Test
    void readsTheNamedProfileWhateverElseThereIs() throws Exception {
        set("aws.accessKeyId", "AKIDSTATIC");
        set("aws.secretAccessKey", "static-secret");
        Files.writeString(home.resolve("credentials"), """
                [default]
                aws_access_key_id = AKIDDEFAULT
                aws_secret_access_key = default-secret
                [models]
                aws_access_key_id = AKIDMODELS
                aws_secret_access_key = models-secret
                aws_session_token = models-token
                """);

        stand.ask(rule("models"));

        verify(stand.requests().getLast(), "AKIDMODELS", "models-secret");
        assertThat(stand.seen("x-amz-security-token")).containsExactly("models-token");
    }

    @Test
    void asksTheTokenServiceByWebIdentity() throws Exception {
        assumeNoneInTheEnvironment();
        var forms = new ArrayList<String>();
        try (var sts = BareProvider.start((request, in, out) -> {
            forms.add(request.body());
            answer(out, """
                    <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
                    <AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>AKIDWEB</AccessKeyId>
                    <SecretAccessKey>web-secret</SecretAccessKey><SessionToken>web-token</SessionToken>
                    <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>
                    </AssumeRoleWithWebIdentityResponse>""");
        })) {
            set("aws.roleArn", "arn:aws:iam::1:role/models");
            set(
                    "aws.webIdentityTokenFile",
                    Files.writeString(home.resolve("token"), "a-jwt").toString());
            set("aws.endpointUrlSts", sts.url());
            set("aws.region", "us-east-1");

            stand.ask(rule(""));

            verify(stand.requests().getLast(), "AKIDWEB", "web-secret");
            assertThat(stand.seen("x-amz-security-token")).containsExactly("web-token");
            assertThat(forms).singleElement().satisfies(form -> assertThat(form).contains("WebIdentityToken=a-jwt"));
        }
    }

    @Test
    void takesTheInstancesRole() throws Exception {
        assumeNoneInTheEnvironment();
        try (var metadata = BareProvider.start((request, in, out) -> {
            var line = request.head().lines().findFirst().orElse("");
            if (line.startsWith("PUT /latest/api/token")) {
                answer(out, "metadata-token");
            } else if (line.contains("/security-credentials/models")
                    || line.contains("/security-credentials-extended/models")) {
                answer(out, """
                        {"Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": "AKIDROLE", "SecretAccessKey": "role-secret",
                         "Token": "role-token", "LastUpdated": "2026-11-24T00:00:00Z", "Expiration": "2099-01-01T00:00:00Z"}""");
            } else {
                answer(out, "models");
            }
        })) {
            set("aws.disableEc2Metadata", "false");
            set("aws.ec2MetadataServiceEndpoint", metadata.url());
            set("aws.ec2MetadataServiceTimeout", "20");

            stand.ask(rule(""));

            verify(stand.requests().getLast(), "AKIDROLE", "role-secret");
            assertThat(stand.seen("x-amz-security-token")).containsExactly("role-token");
        }
    }

    @Test
    void looksAgainFromTimeToTime() throws Exception {
        set("aws.accessKeyId", "AKIDONE");
        set("aws.secretAccessKey", "one");
        stand.ask(rule(""));
        set("aws.accessKeyId", "AKIDTWO");
        set("aws.secretAccessKey", "two");
        stand.clock.move(Duration.ofMinutes(1));
        stand.ask(rule(""));

        Eventually.await(Duration.ofSeconds(20), () -> {
            stand.ask(rule(""));
            verify(stand.requests().getLast(), "AKIDTWO", "two");
        });
    }

    @Test
    void saysThatThereAreNoneAndServesTheNextRequestOnceThereAre() throws Exception {
        assumeNoneInTheEnvironment();
        assertThatThrownBy(() -> stand.ask(rule("")))
                .hasCauseInstanceOf(UpstreamFailure.class)
                .hasMessageContaining("no AWS credentials to sign the request with");
        assertThat(stand.requests()).isEmpty();

        set("aws.accessKeyId", "AKIDLATE");
        set("aws.secretAccessKey", "late");
        stand.ask(rule(""));

        verify(stand.requests().getLast(), "AKIDLATE", "late");
    }

    private void set(String name, String value) {
        if (!before.containsKey(name)) {
            before.put(name, System.getProperty(name));
        }
        System.setProperty(name, value);
    }

    /** The chain looks there first, and a test cannot empty it. */
    private static void assumeNoneInTheEnvironment() {
        assumeThat(System.getenv())
                .doesNotContainKeys(
                        "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    }

    private ProviderRule rule(String profile) {
        return Rules.provider(stand.url(), new AwsSignature("us-east-1", "bedrock", profile));
    }

    private static void answer(OutputStream out, String body) throws Exception {
        out.write(("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.US_ASCII));
    }

    /** As AWS would: from the bytes that came. */
    private static void verify(BareProvider.Request request, String key, String secret) {
        var lines = request.head().lines().filter(line -> !line.isEmpty()).toList();
        var first = lines.getFirst().split(" ", -1);
        var target = first[1].split("\\?", 2);
        var headers = OwnSignature.headers(lines.stream()
                .skip(1)
                .map(line -> line.split(":", 2))
                .map(line -> Map.entry(line[0], line[1].strip()))
                .toList());
        var authorization = AUTHORIZATION.matcher(
                headers.getOrDefault("authorization", List.of("none")).getFirst());
        assertThat(authorization.matches()).as(headers.toString()).isTrue();
        assertThat(authorization.group(1)).isEqualTo(key);
        assertThat(authorization.group(3)).isEqualTo("us-east-1");
        assertThat(authorization.group(4)).isEqualTo("bedrock");
        var signed = List.of(authorization.group(5).split(";", -1));
        assertThat(signed).contains("host", "content-type", "x-amz-date", "x-amz-content-sha256");
        var body = request.body().getBytes(StandardCharsets.UTF_8);
        assertThat(headers.get("x-amz-content-sha256")).containsExactly(OwnSignature.sha256(body));
        var arrived = new OwnSignature(
                first[0],
                target[0],
                target.length < 2 ? List.of() : query(target[1]),
                headers,
                ByteString.fromArray(body));
        assertThat(authorization.group(6)).isEqualTo(arrived.signature(signed, secret, "us-east-1", "bedrock"));
    }

    private static List<Map.Entry<String, String>> query(String raw) {
        return List.of(raw.split("&", -1)).stream()
                .map(pair -> pair.split("=", 2))
                .map(pair -> Map.entry(decoded(pair[0]), decoded(pair[1])))
                .toList();
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}

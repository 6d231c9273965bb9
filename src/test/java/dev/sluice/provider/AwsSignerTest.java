package dev.sluice.provider;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.Uri;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;

/**
 * AWS's signer always signs the body's hash as a header of its own, which most of the published cases do not have. So each
 * published case holds {@link OwnSignature} to what AWS says, and that checks what the gateway signs of the same request;
 * where a published case does sign the hash, the gateway's signature is the published one.
 */
class AwsSignerTest {
    private static final String SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    private static final Instant TIME = Instant.parse("2015-08-30T12:36:00Z");
    private static final Pattern AUTHORIZATION =
            Pattern.compile("AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})");

    /** A published case. */
    record Case(
            String name,
            String method,
            String path,
            List<Map.Entry<String, String>> query,
            List<Map.Entry<String, String>> headers,
            String body,
            @Nullable String token,
            String canonical,
            String signature) {
        List<String> signed() {
            var lines = canonical.split("\n", -1);
            return List.of(lines[lines.length - 2].split(";", -1));
        }

        byte[] bytes() {
            return body.getBytes(StandardCharsets.UTF_8);
        }

        /** The request as it arrives. */
        OwnSignature arrived(String path, List<Map.Entry<String, String>> more) {
            var lines = new ArrayList<>(headers);
            lines.add(Map.entry("host", "example.amazonaws.com"));
            lines.addAll(more);
            return new OwnSignature(method, path, query, OwnSignature.headers(lines), ByteString.fromArray(bytes()));
        }

        @Override
        public String toString() {
            return name;
        }
    }

    @ParameterizedTest
    @MethodSource("published")
    void thePublishedCasesHoldTheCheck(Case it) {
        var more = new ArrayList<Map.Entry<String, String>>();
        more.add(Map.entry("x-amz-date", "20150830T123600Z"));
        more.add(Map.entry("x-amz-content-sha256", OwnSignature.sha256(it.bytes())));
        if (it.token() != null) {
            more.add(Map.entry("x-amz-security-token", it.token()));
        }
        var arrived = it.arrived(it.path(), more);

        assertThat(arrived.canonical(it.signed())).isEqualTo(it.canonical());
        assertThat(arrived.signature(it.signed(), SECRET, "us-east-1", "service"))
                .isEqualTo(it.signature());
    }

    @ParameterizedTest
    @MethodSource("published")
    void signsThePublishedRequests(Case it) {
        // A space cannot stand in a request's first line; it goes out encoded.
        var path = it.path().replace(" ", "%20");

        var added = signer("service", it.token()).sign(it.method(), url(it, path), lines(it.headers()), it.bytes());

        var authorization = AUTHORIZATION.matcher(value(added, "Authorization"));
        assertThat(authorization.matches()).isTrue();
        assertThat(authorization.group(1)).isEqualTo("AKIDEXAMPLE/20150830/us-east-1/service/aws4_request");
        var signed = List.of(authorization.group(2).split(";", -1));
        assertThat(signed).containsAll(it.signed()).contains("x-amz-content-sha256");
        assertThat(authorization.group(3))
                .isEqualTo(it.arrived(path, entries(added)).signature(signed, SECRET, "us-east-1", "service"));
        if (it.signed().contains("x-amz-content-sha256")) {
            assertThat(authorization.group(3)).isEqualTo(it.signature());
        }
    }

    /** From "Signature Calculations for the Authorization Header" in AWS's documentation of S3, where the hash is signed. */
    @ParameterizedTest
    @CsvSource({
        "/test.txt, bytes=0-9, f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        "/?lifecycle, , fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        "/?max-keys=2&prefix=J, , 34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    })
    void makesTheDocumentedSignatures(String target, @Nullable String range, String signature) {
        var signer = new AwsSigner(
                "us-east-1",
                "s3",
                AwsBasicCredentials.create("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
                InstantSource.fixed(Instant.parse("2013-05-24T00:00:00Z")));
        List<HttpHeader> headers = range == null ? List.of() : List.of(RawHeader.create("Range", range));

        var added =
                signer.sign("GET", URI.create("https://examplebucket.s3.amazonaws.com" + target), headers, new byte[0]);

        assertThat(value(added, "Authorization")).endsWith(", Signature=" + signature);
    }

    @Property(tries = 200)
    void signsAnyModelIdAndAnyBody(@ForAll @StringLength(max = 30) String id, @ForAll byte[] body)
            throws UpstreamFailure {
        var path = "/model/x" + URLEncoder.encode(id, StandardCharsets.UTF_8).replace("+", "%20") + "/invoke";
        var headers = new ArrayList<HttpHeader>();
        headers.add(RawHeader.create("Raw-Request-URI", path));
        headers.add(RawHeader.create("x-amz-meta", "  a   b "));
        headers.add(RawHeader.create("x-amzn-bedrock-trace", "ENABLED"));

        signer("bedrock", null)
                .addTo(headers, HttpRequest.POST("/ignored").withEntity(ContentTypes.APPLICATION_JSON, body), place());

        var authorization = AUTHORIZATION.matcher(value(headers, "Authorization"));
        assertThat(authorization.matches()).isTrue();
        assertThat(authorization.group(2)).isEqualTo("content-type;host;x-amz-content-sha256;x-amz-date;x-amz-meta");
        var lines = new ArrayList<>(entries(headers));
        lines.add(Map.entry("host", "h"));
        lines.add(Map.entry("content-type", "application/json"));
        var arrived =
                new OwnSignature("POST", path, List.of(), OwnSignature.headers(lines), ByteString.fromArray(body));
        assertThat(authorization.group(3))
                .isEqualTo(arrived.signature(
                        List.of(authorization.group(2).split(";", -1)), SECRET, "us-east-1", "bedrock"));
    }

    @Test
    void refusesWhatItCannotSignWithoutQuotingIt() {
        var headers = new ArrayList<HttpHeader>(List.of(RawHeader.create("Raw-Request-URI", "/a b|c")));

        assertThatExceptionOfType(UpstreamFailure.class)
                .isThrownBy(() -> signer("bedrock", null).addTo(headers, HttpRequest.POST("/"), place()))
                .withMessage("https://h:443: this request's method or path cannot be signed");
    }

    @Property(tries = 1000)
    void signsOrRefusesWhateverAddressAClientMakesUp(@ForAll String address) {
        var headers = new ArrayList<HttpHeader>(List.of(RawHeader.create("Raw-Request-URI", "/" + address)));
        try {
            signer("bedrock", null).addTo(headers, HttpRequest.POST("/"), place());
            assertThat(value(headers, "Authorization")).matches(AUTHORIZATION);
        } catch (UpstreamFailure e) {
            assertThat(e).hasMessageEndingWith("cannot be signed");
        }
    }

    private static Place place() {
        return new Place(new Target.Host(true, "h", 443), RawHeader.create("Host", "h"), Uri.create("/"));
    }

    private static AwsSigner signer(String service, @Nullable String token) {
        var credentials = token == null
                ? AwsBasicCredentials.create("AKIDEXAMPLE", SECRET)
                : AwsSessionCredentials.create("AKIDEXAMPLE", SECRET, token);
        return new AwsSigner("us-east-1", service, credentials, InstantSource.fixed(TIME));
    }

    private static URI url(Case it, String path) {
        var query = it.query().stream()
                .map(pair -> URLEncoder.encode(pair.getKey(), StandardCharsets.UTF_8) + "="
                        + URLEncoder.encode(pair.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
        return URI.create("https://example.amazonaws.com" + path + (query.isEmpty() ? "" : "?" + query));
    }

    private static List<HttpHeader> lines(List<Map.Entry<String, String>> headers) {
        return headers.stream()
                .<HttpHeader>map(header -> RawHeader.create(header.getKey(), header.getValue()))
                .toList();
    }

    private static List<Map.Entry<String, String>> entries(List<HttpHeader> headers) {
        return headers.stream()
                .map(header -> Map.entry(header.name(), header.value()))
                .toList();
    }

    private static String value(List<HttpHeader> headers, String name) {
        return headers.stream()
                .filter(header -> header.name().equals(name))
                .findFirst()
                .orElseThrow()
                .value();
    }

    static Stream<Case> published() throws IOException {
        var cases = new ArrayList<Case>();
        try (var stream = requireNonNull(AwsSignerTest.class.getResourceAsStream("/sigv4/suite.json"))) {
            new ObjectMapper().readTree(stream).forEach(node -> cases.add(read(node)));
        }
        return cases.stream();
    }

    private static Case read(JsonNode node) {
        return new Case(
                node.path("name").asText(),
                node.path("method").asText(),
                node.path("path").asText(),
                pairs(node.path("query")),
                pairs(node.path("headers")),
                node.path("body").asText(),
                node.path("token").textValue(),
                node.path("canonical").asText(),
                node.path("signature").asText());
    }

    private static List<Map.Entry<String, String>> pairs(JsonNode pairs) {
        var entries = new ArrayList<Map.Entry<String, String>>();
        pairs.forEach(
                pair -> entries.add(Map.entry(pair.get(0).asText(), pair.get(1).asText())));
        return entries;
    }
}

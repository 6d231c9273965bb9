package dev.sluice.provider;

import java.net.URI;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.SignRequest;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;

/**
 * AWS Signature Version 4 over a request as it goes out, by AWS's own signer. Signed are the body, the path and query as they
 * stand on the wire, the host, the content type and the headers that AWS itself defines; others may be changed on the way
 * without making the signature a lie.
 */
final class AwsSigner implements Proof {
    /** What it sets; whatever a client sent under these names was a signature for somebody else. */
    static final Set<String> NAMES =
            Set.of("authorization", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token");

    private static final AwsV4HttpSigner SIGNER = AwsV4HttpSigner.create();

    private final String region;
    private final String service;
    private final AwsCredentialsIdentity credentials;
    private final InstantSource clock;

    AwsSigner(String region, String service, AwsCredentialsIdentity credentials, InstantSource clock) {
        this.region = region;
        this.service = service;
        this.credentials = credentials;
        this.clock = clock;
    }

    @Override
    public void addTo(List<HttpHeader> headers, HttpRequest request, Place place) throws UpstreamFailure {
        try {
            var toSign = new ArrayList<HttpHeader>();
            var type = request.entity().getContentType().toString();
            if (!type.isEmpty()) {
                toSign.add(RawHeader.create("Content-Type", type));
            }
            for (var header : headers) {
                if (header.lowercaseName().startsWith("x-amz-")) {
                    toSign.add(header);
                }
            }
            headers.addAll(sign(request.method().value(), url(headers, place), toSign, body(request)));
        } catch (IllegalArgumentException _) {
            // A method or an address that AWS's own classes do not take; their words quote the request.
            throw new UpstreamFailure(
                    UpstreamFailure.Kind.UNREACHABLE,
                    place.host() + ": this request's method or path cannot be signed");
        }
    }

    /** Where the address on the request's first line was set by hand, that is what is signed. */
    private static URI url(List<HttpHeader> headers, Place place) {
        var target = headers.stream()
                .filter(header -> header.lowercaseName().equals("raw-request-uri"))
                .map(HttpHeader::value)
                .findFirst()
                .orElseGet(() -> place.uri().toString());
        return URI.create(place.host().toString() + target);
    }

    private static byte[] body(HttpRequest request) {
        if (request.entity() instanceof HttpEntity.Strict strict) {
            return strict.getData().toArrayUnsafe();
        }
        throw new IllegalArgumentException("a body that is not whole yet");
    }

    /** The headers that make a request a signed one. */
    List<HttpHeader> sign(String method, URI url, List<HttpHeader> signed, byte[] body) {
        var request =
                SdkHttpRequest.builder().method(SdkHttpMethod.fromValue(method)).uri(url);
        signed.forEach(header -> request.appendHeader(header.name(), header.value()));
        var result = SIGNER.sign(SignRequest.builder(credentials)
                .request(request.build())
                .payload(ContentStreamProvider.fromByteArrayUnsafe(body))
                .putProperty(AwsV4HttpSigner.REGION_NAME, region)
                .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, service)
                .putProperty(AwsV4HttpSigner.SIGNING_CLOCK, clock.withZone(ZoneOffset.UTC))
                .build());
        var added = new ArrayList<HttpHeader>(NAMES.size());
        result.request().forEachHeader((name, values) -> {
            if (NAMES.contains(name.toLowerCase(Locale.ROOT))) {
                values.forEach(value -> added.add(RawHeader.create(name, value)));
            }
        });
        return added;
    }
}

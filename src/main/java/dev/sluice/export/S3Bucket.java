package dev.sluice.export;

import dev.sluice.config.Egress;
import dev.sluice.config.S3Rule;
import dev.sluice.provider.ProxyRules;
import dev.sluice.provider.Trust;
import java.net.URI;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import javax.net.ssl.TrustManager;
import org.apache.pekko.Done;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.ProxyConfiguration;
import software.amazon.awssdk.http.nio.netty.SdkEventLoopGroup;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.utils.SdkAutoCloseable;

/** A bucket of S3 or of what speaks its API. Its client is made when it is first needed, where files may be read. */
final class S3Bucket implements Bucket {
    /** A connection that the server closed meanwhile is worth one more attempt at once; the rest is the exporter's patience. */
    private static final int ATTEMPTS = 2;

    private static final Duration PAUSE = Duration.ofMillis(100);

    private static final int MAX_MESSAGE_CHARS = 300;

    private final S3Rule rule;
    private final Egress egress;
    private final Timeouts timeouts;
    private final Executor blocking;
    private @Nullable Client client;
    private boolean closed;

    /**
     * How long things may take.
     *
     * @param silence of a connection
     * @param attempt one upload, of tens of MB over a slow line
     */
    record Timeouts(Duration connect, Duration silence, Duration attempt) {
        static final Timeouts USUAL =
                new Timeouts(Duration.ofSeconds(10), Duration.ofSeconds(60), Duration.ofMinutes(5));
    }

    private record Client(
            S3AsyncClient s3, AwsCredentialsProvider credentials, SdkAsyncHttpClient http, SdkEventLoopGroup loops) {
        void close() {
            s3.close();
            http.close();
            if (credentials instanceof SdkAutoCloseable renewing) {
                renewing.close();
            }
            var _ = loops.eventLoopGroup().shutdownGracefully();
        }
    }

    /**
     * One that is not connected yet.
     *
     * @param egress   how it is reached: as a provider would be
     * @param blocking where files may be read and services be asked for credentials
     */
    S3Bucket(S3Rule rule, Egress egress, Timeouts timeouts, Executor blocking) {
        this.rule = rule;
        this.egress = egress;
        this.timeouts = timeouts;
        this.blocking = blocking;
    }

    @Override
    public CompletionStage<Done> put(String object, byte[] bytes, String contentType) {
        return CompletableFuture.completedStage(Done.getInstance())
                .thenComposeAsync(_ -> send(object, bytes, contentType), blocking)
                .handle((_, failure) -> {
                    if (failure != null) {
                        throw notStored(failure);
                    }
                    return Done.getInstance();
                });
    }

    private CompletionStage<PutObjectResponse> send(String object, byte[] bytes, String contentType) {
        var open = client();
        checkCredentials(open.credentials());
        var request = PutObjectRequest.builder()
                .bucket(rule.bucket())
                .key(object)
                .contentType(contentType)
                .contentLength((long) bytes.length)
                .contentMD5(md5(bytes))
                .build();
        return open.s3().putObject(request, AsyncRequestBody.fromBytesUnsafe(bytes));
    }

    /** The chain says everything that it tried, and that may be anything; so it is asked here, and not quoted. */
    private void checkCredentials(AwsCredentialsProvider credentials) {
        try {
            var _ = credentials.resolveCredentials();
        } catch (SdkException _) {
            throw new NotStored("no AWS credentials were found (expected: access_key_id and access_secret,"
                    + " or the environment's, a profile's, a web identity's or an instance's)");
        }
    }

    private synchronized Client client() {
        if (closed) {
            throw new NotStored("the policy names another bucket by now");
        }
        var open = client;
        if (open == null) {
            open = open();
            client = open;
        }
        return open;
    }

    private Client open() {
        if (rule.accessKeyId().isEmpty() != rule.accessSecret().isEmpty()) {
            throw new NotStored("exporters.s3: " + (rule.accessKeyId().isEmpty() ? "access_key_id" : "access_secret")
                    + " is missing");
        }
        var credentials = rule.accessKeyId().isEmpty()
                ? DefaultCredentialsProvider.builder().build()
                : StaticCredentialsProvider.create(AwsBasicCredentials.create(
                        rule.accessKeyId(), rule.accessSecret().reveal()));
        var trust = Trust.of(egress.trust());
        // The SDK knows only Netty 4.1's groups of loops, so it makes its own.
        var loops = SdkEventLoopGroup.builder()
                .numberOfThreads(1)
                .threadFactory(Thread.ofPlatform().daemon().name("export-s3").factory())
                .build();
        var http = NettyNioAsyncHttpClient.builder()
                .eventLoopGroup(loops)
                .maxConcurrency(2)
                .connectionTimeout(timeouts.connect())
                .readTimeout(timeouts.silence())
                .writeTimeout(timeouts.silence())
                .tlsTrustManagersProvider(() -> new TrustManager[] {trust.authorities()})
                .proxyConfiguration(proxy())
                .build();
        var s3 = S3AsyncClient.builder()
                .httpClient(http)
                .region(Region.of(rule.region()))
                .credentialsProvider(credentials)
                .forcePathStyle(rule.pathStyle())
                .serviceConfiguration(
                        S3Configuration.builder().chunkedEncodingEnabled(false).build())
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .overrideConfiguration(configuration -> configuration
                        .apiCallAttemptTimeout(timeouts.attempt())
                        .retryStrategy(AwsRetryStrategy.standardRetryStrategy().toBuilder()
                                .maxAttempts(ATTEMPTS)
                                .backoffStrategy(BackoffStrategy.fixedDelay(PAUSE))
                                .throttlingBackoffStrategy(BackoffStrategy.fixedDelay(PAUSE))
                                .build()));
        if (!rule.endpoint().isEmpty()) {
            s3.endpointOverride(URI.create(rule.endpoint()));
        }
        return new Client(s3.build(), credentials, http, loops);
    }

    /** The node's settings say it, and have the environment's; the SDK is not to look there by itself. */
    private ProxyConfiguration proxy() {
        var configuration =
                ProxyConfiguration.builder().useEnvironmentVariableValues(false).useSystemPropertyValues(false);
        var proxy = new ProxyRules(egress.proxies()).of(address());
        if (proxy != null) {
            configuration.scheme("http").host(proxy.host()).port(proxy.port());
            var credentials = proxy.credentials().reveal();
            var colon = credentials.indexOf(':');
            if (!credentials.isEmpty()) {
                configuration
                        .username(colon < 0 ? credentials : credentials.substring(0, colon))
                        .password(colon < 0 ? "" : credentials.substring(colon + 1));
            }
        }
        return configuration.build();
    }

    private URI address() {
        var bucket = rule.pathStyle() ? "" : rule.bucket() + ".";
        if (rule.endpoint().isEmpty()) {
            return URI.create("https://" + bucket + "s3." + rule.region() + ".amazonaws.com");
        }
        return URI.create(rule.endpoint());
    }

    /** Checked by every server there is, unlike AWS's newer checksums. */
    private static String md5(byte[] bytes) {
        try {
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("MD5").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has MD5", e);
        }
    }

    private static NotStored notStored(Throwable failure) {
        var cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause instanceof NotStored known ? known : new NotStored(printable(message(cause)));
    }

    private static String message(Throwable cause) {
        if (cause instanceof AwsServiceException answered) {
            var details = answered.awsErrorDetails();
            return "the server answered " + answered.statusCode()
                    + (details == null ? "" : " " + details.errorCode() + ": " + details.errorMessage());
        }
        // The SDK's own words are about attempts; what happened is what it was caused by.
        var why = cause instanceof SdkException && cause.getCause() != null ? cause.getCause() : cause;
        var said = why.getMessage();
        return why.getClass().getSimpleName() + (said == null ? "" : ": " + said);
    }

    /** A server may have said anything. */
    private static String printable(String message) {
        var clean = message.replaceAll("\\p{Cntrl}", " ");
        return clean.length() > MAX_MESSAGE_CHARS ? clean.substring(0, MAX_MESSAGE_CHARS) : clean;
    }

    @Override
    public synchronized void close() {
        closed = true;
        var open = client;
        client = null;
        if (open != null) {
            open.close();
        }
    }
}

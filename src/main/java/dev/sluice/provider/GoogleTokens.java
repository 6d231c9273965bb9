package dev.sluice.provider;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.sluice.config.CredentialRule.ServiceAccount;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.pekko.Done;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.util.ByteString;

/**
 * Where a Google service account has its tokens: sends a claim that the account's key has signed (RFC 7523), and gets a
 * token. No failure quotes the claim, the token or anything else that the other side said, but for the name of its error.
 */
final class GoogleTokens {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();
    private static final String SCOPE = "https://www.googleapis.com/auth/cloud-platform";
    private static final String GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer";

    /** Google allows an hour at most; the token itself lives no longer. */
    private static final Duration CLAIM_LIFE = Duration.ofHours(1);

    private static final int MAX_ANSWER_BYTES = 64 * 1024;

    /** A token is held in memory and goes into a header. */
    private static final Pattern TOKEN = Pattern.compile("[!-~]{1,8192}");

    private static final Pattern ERROR = Pattern.compile("[a-z_]{1,40}");
    private static final long LONGEST_LIFE_SECONDS = Duration.ofDays(1).toSeconds();

    /** Sends a request to a host, over its connections. */
    @FunctionalInterface
    interface Sender {
        CompletionStage<HttpResponse> send(Target.Host host, HttpRequest request);
    }

    /** A token and how long it lives. */
    record Answer(String token, Duration life) {
        @Override
        public String toString() {
            return "Answer[***, " + life + "]";
        }
    }

    private final ServiceAccount account;
    private final PrivateKey key;
    private final Origin origin;
    private final Sender sender;
    private final InstantSource clock;
    private final Materializer materializer;
    private final Duration patience;

    /** @param patience how long an answer may take, to its end */
    GoogleTokens(
            ServiceAccount account, Sender sender, InstantSource clock, Materializer materializer, Duration patience) {
        this.account = account;
        this.key = account.rsaKey();
        this.origin = Origin.of(account.tokenUri());
        this.sender = sender;
        this.clock = clock;
        this.materializer = materializer;
        this.patience = patience;
    }

    CompletionStage<Answer> fetch() {
        var over = new CompletableFuture<Done>();
        var request = HttpRequest.POST(origin.path().isEmpty() ? "/" : origin.path())
                .addHeader(RawHeader.create("Host", origin.hostHeader()))
                .addHeader(RawHeader.create("Accept", "application/json"))
                .withEntity(HttpEntities.create(
                        ContentTypes.create(MediaTypes.APPLICATION_X_WWW_FORM_URLENCODED),
                        "grant_type=" + GRANT.replace(":", "%3A") + "&assertion=" + claim()))
                .addAttribute(Providers.ABANDONED, over);
        return sender.send(origin.host(), request)
                .thenCompose(this::read)
                .toCompletableFuture()
                .orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS)
                .handle((good, failure) -> {
                    // Ends a call that nobody waits for any more; one that has been answered is past caring.
                    over.complete(Done.getInstance());
                    if (good == null) {
                        throw new CompletionException(failure(failure));
                    }
                    return good;
                });
    }

    /** A signed JWT: who we are, what we want, for whom this is. */
    private String claim() {
        var now = clock.instant().getEpochSecond();
        var nodes = JsonNodeFactory.instance;
        var head = nodes.objectNode().put("alg", "RS256").put("typ", "JWT");
        if (!account.keyId().isEmpty()) {
            head.put("kid", account.keyId());
        }
        var body = nodes.objectNode()
                .put("iss", account.email())
                .put("scope", SCOPE)
                .put("aud", account.tokenUri())
                .put("iat", now)
                .put("exp", now + CLAIM_LIFE.toSeconds());
        var text = encoded(head) + "." + encoded(body);
        return text + "." + BASE64.encodeToString(signed(text));
    }

    private static String encoded(JsonNode json) {
        return BASE64.encodeToString(json.toString().getBytes(StandardCharsets.UTF_8));
    }

    private byte[] signed(String text) {
        try {
            var signature = Signature.getInstance("SHA256withRSA");
            signature.initSign(key);
            signature.update(text.getBytes(StandardCharsets.US_ASCII));
            return signature.sign();
        } catch (GeneralSecurityException e) {
            // The rule has held the key to be one; every JDK has the algorithm.
            throw new IllegalStateException("an RSA key that does not sign", e);
        }
    }

    private CompletionStage<Answer> read(HttpResponse answer) {
        var status = answer.status().intValue();
        return answer.entity()
                .getDataBytes()
                .limitWeighted(MAX_ANSWER_BYTES, bytes -> (long) bytes.size())
                .completionTimeout(patience)
                .runFold(ByteString.emptyByteString(), ByteString::concat, materializer)
                .handle((bytes, failure) -> token(status, bytes == null ? ByteString.emptyByteString() : bytes));
    }

    private Answer token(int status, ByteString bytes) {
        var json = json(bytes);
        var token = json.path("access_token").asText("");
        var seconds = json.path("expires_in").asLong(0);
        if (status != 200) {
            var error = json.path("error").asText("");
            throw new CompletionException(refused("answered " + status
                    + (ERROR.matcher(error).matches() ? " (" + error + ")" : "")
                    + " when asked for an access token"));
        }
        if (!TOKEN.matcher(token).matches() || seconds <= 0) {
            throw new CompletionException(
                    refused("answered 200 when asked for an access token, but with none that can be used"));
        }
        return new Answer(token, Duration.ofSeconds(Math.min(seconds, LONGEST_LIFE_SECONDS)));
    }

    private static JsonNode json(ByteString bytes) {
        try {
            return JSON.readTree(bytes.toArrayUnsafe());
        } catch (JsonProcessingException _) {
            return JsonNodeFactory.instance.missingNode();
        } catch (IOException _) {
            // Arrays do not fail to be read; the signature says otherwise.
            return JsonNodeFactory.instance.missingNode();
        }
    }

    private UpstreamFailure failure(Throwable failure) {
        return UpstreamFailure.unwrapped(failure) instanceof UpstreamFailure known
                ? known
                : refused("gave no whole answer when asked for an access token");
    }

    private UpstreamFailure refused(String what) {
        return new UpstreamFailure(UpstreamFailure.Kind.UNREACHABLE, origin.host() + " " + what);
    }
}

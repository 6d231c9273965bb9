package dev.sluice.hook;

import dev.sluice.config.HookRule;
import dev.sluice.config.Secret;
import dev.sluice.provider.Providers;
import dev.sluice.provider.RetryAfter;
import dev.sluice.provider.UpstreamFailure;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.Done;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.StreamLimitReachedException;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;
import scala.concurrent.duration.FiniteDuration;

/** Calls a hook once, and tells what came of it. */
final class HookClient {
    /** For hooks whose policy sets no timeout, or one that nobody means: nothing waits for ever. */
    private static final Duration LONGEST = Duration.ofHours(1);

    /** A reply that nobody reads is taken so far, for the sake of its connection. */
    private static final long MAX_DISCARDED_BYTES = 64 * 1024;

    private static final byte[] NOTHING = new byte[0];

    /** Sends a request to an address. */
    interface Sender {
        CompletionStage<HttpResponse> send(URI address, HttpRequest request);
    }

    /**
     * What is sent.
     *
     * @param event for whoever is called at several
     */
    @SuppressWarnings("ArrayRecordComponent") // Never compared: it lives as long as one call.
    record Message(String id, String event, byte[] body) {}

    /** What came back: a status, or, where it is 0, a failure and no status. */
    @SuppressWarnings("ArrayRecordComponent") // As above.
    record Reply(
            int status,
            byte[] body,
            @Nullable String coding,
            @Nullable Duration retryAfter,
            String failure) {
        boolean isGood() {
            return status / 100 == 2;
        }

        /** For people. */
        String trouble() {
            return status == 0 ? failure : "answered with status " + status;
        }

        static Reply failed(String why) {
            return new Reply(0, NOTHING, null, null, why);
        }
    }

    private final Sender sender;
    private final InstantSource clock;
    private final Materializer materializer;

    HookClient(Sender sender, InstantSource clock, Materializer materializer) {
        this.sender = sender;
        this.clock = clock;
        this.materializer = materializer;
    }

    /**
     * Never fails.
     *
     * @param most bytes of the reply; 0 when nobody reads it
     * @param gone ends the call when it completes; null when nothing does
     */
    CompletionStage<Reply> call(HookRule rule, Message message, long most, @Nullable CompletionStage<?> gone) {
        var over = new CompletableFuture<Done>();
        if (gone != null) {
            var _ = gone.whenComplete((done, failure) -> over.complete(Done.getInstance()));
        }
        var patience = patience(rule);
        CompletionStage<Reply> reply;
        try {
            reply = sender.send(URI.create(rule.url()), request(rule, message).addAttribute(Providers.ABANDONED, over))
                    .thenCompose(answer -> read(answer, most, patience));
        } catch (RuntimeException e) {
            reply = CompletableFuture.failedFuture(e);
        }
        var told = new CompletableFuture<Reply>();
        // Not the futures' own clock: its thread would be one more to hand every call to.
        var alarm = materializer.scheduleOnce(
                FiniteDuration.fromNanos(patience.toNanos()),
                () -> told.complete(Reply.failed("no answer within " + patience.toMillis() + " ms")));
        var _ = reply.whenComplete(
                (read, failure) -> told.complete(failure == null ? read : Reply.failed(reason(failure, patience))));
        return told.whenComplete((done, failure) -> {
            alarm.cancel();
            // Ends a call that nobody waits for any more; one that has been answered is past caring.
            over.complete(Done.getInstance());
        });
    }

    private static Duration patience(HookRule rule) {
        return rule.timeout().isZero() || rule.timeout().compareTo(LONGEST) > 0 ? LONGEST : rule.timeout();
    }

    private HttpRequest request(HookRule rule, Message message) {
        var seconds = clock.instant().getEpochSecond();
        var request = HttpRequest.POST("/")
                .withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, message.body()))
                .addHeader(RawHeader.create("accept", "application/json"))
                .addHeader(RawHeader.create("accept-encoding", "gzip"))
                .addHeader(RawHeader.create("user-agent", "sluice"))
                .addHeader(RawHeader.create("x-sluice-hook-event", message.event()))
                .addHeader(RawHeader.create("webhook-id", message.id()))
                .addHeader(RawHeader.create("webhook-timestamp", Long.toString(seconds)));
        if (!rule.apiKey().isEmpty()) {
            request = request.addHeader(credential(rule, rule.apiKey()));
        }
        return rule.secret().isEmpty()
                ? request
                : request.addHeader(RawHeader.create(
                        "webhook-signature", Signature.of(rule.secret(), message.id(), seconds, message.body())));
    }

    private static HttpHeader credential(HookRule rule, Secret key) {
        return switch (rule.authorization()) {
            case BEARER -> RawHeader.create("authorization", "Bearer " + key.reveal());
            case X_API_KEY -> RawHeader.create("x-api-key", key.reveal());
            case X_GOOG_API_KEY -> RawHeader.create("x-goog-api-key", key.reveal());
            case HEC -> RawHeader.create("authorization", "Splunk " + key.reveal());
            case CF_AIG_AUTHORIZATION -> RawHeader.create("cf-aig-authorization", "Bearer " + key.reveal());
        };
    }

    private CompletionStage<Reply> read(HttpResponse answer, long most, Duration patience) {
        var status = answer.status().intValue();
        var retryAfter = RetryAfter.of(answer, clock.instant()).orElse(null);
        if (most == 0 || status / 100 != 2) {
            var silent = new Reply(status, NOTHING, null, retryAfter, "");
            if (answer.entity() instanceof HttpEntity.Strict) {
                return CompletableFuture.completedFuture(silent);
            }
            var _ = answer.entity()
                    .withSizeLimit(MAX_DISCARDED_BYTES)
                    .getDataBytes()
                    .completionTimeout(patience)
                    .runWith(Sink.ignore(), materializer);
            return CompletableFuture.completedFuture(silent);
        }
        var coding = answer.getHeader("content-encoding").map(HttpHeader::value).orElse(null);
        return answer.entity()
                .withoutSizeLimit()
                .getDataBytes()
                .limitWeighted(most, each -> (long) each.size())
                .completionTimeout(patience)
                .runFold(ByteString.emptyByteString(), ByteString::concat, materializer)
                .thenApply(bytes -> new Reply(status, bytes.toArray(), coding, retryAfter, ""));
    }

    private static String reason(Throwable failure, Duration patience) {
        var cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return switch (cause) {
            case TimeoutException _ -> "no answer within " + patience.toMillis() + " ms";
            case StreamLimitReachedException _ -> "its reply is too long";
            case UpstreamFailure known -> String.valueOf(known.getMessage());
            default -> "no whole answer (" + cause + ")";
        };
    }
}

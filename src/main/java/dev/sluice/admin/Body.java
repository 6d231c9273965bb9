package dev.sluice.admin;

import dev.sluice.gate.Refuser;
import dev.sluice.wire.WireError;
import dev.sluice.wire.WireError.Kind;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.scaladsl.model.EntityStreamSizeException;
import org.apache.pekko.util.ByteString;

/**
 * A JSON body of a control plane request, read whole.
 *
 * @param maxBytes past it 413
 * @param refuser  tells what is wrong with one
 */
record Body(int maxBytes, Refuser refuser) {
    /** More than any request of this API needs. */
    static final int MAX_BYTES = 64 * 1024;

    /** A body this small comes in one piece, or its sender is stuck. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** What {@code then} makes of the body, or the refusal of one that is no JSON or too large. */
    static CompletionStage<HttpResponse> read(
            HttpRequest request, ActorSystem<?> system, Function<byte[], CompletionStage<HttpResponse>> then) {
        return new Body(MAX_BYTES, Refuser.JSON).read(then, request, system);
    }

    /** As above. */
    CompletionStage<HttpResponse> read(
            Function<byte[], CompletionStage<HttpResponse>> then, HttpRequest request, ActorSystem<?> system) {
        if (!request.entity().getContentType().mediaType().equals(ContentTypes.APPLICATION_JSON.mediaType())) {
            request.discardEntityBytes(system);
            return refuse(Kind.BAD_REQUEST, 415, "the body's type is not application/json");
        }
        if (request.entity() instanceof HttpEntity.Strict strict) {
            return readWhole(strict.getData(), then);
        }
        return request.entity()
                .withSizeLimit(maxBytes)
                .toStrict(PATIENCE.toMillis(), maxBytes, system)
                .handleAsync(
                        (strict, failure) ->
                                failure == null ? readWhole(strict.getData(), then) : refuseUnread(failure),
                        system.executionContext())
                .thenComposeAsync(Function.identity(), system.executionContext());
    }

    private CompletionStage<HttpResponse> readWhole(
            ByteString body, Function<byte[], CompletionStage<HttpResponse>> then) {
        return body.size() > maxBytes ? tooLarge() : then.apply(body.toArrayUnsafe());
    }

    private CompletionStage<HttpResponse> refuseUnread(Throwable failure) {
        var cause = failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof EntityStreamSizeException
                ? tooLarge()
                : refuse(Kind.BAD_REQUEST, 400, "the body did not come whole");
    }

    private CompletionStage<HttpResponse> tooLarge() {
        return refuse(Kind.TOO_LARGE, 413, "the body is larger than " + maxBytes + " bytes");
    }

    private CompletionStage<HttpResponse> refuse(Kind kind, int status, String message) {
        return CompletableFuture.completedFuture(refuser.refuse(new WireError(kind, status, message)));
    }
}

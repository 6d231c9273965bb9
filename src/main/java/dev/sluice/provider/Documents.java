package dev.sluice.provider;

import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/** Fetches small documents from whoever is no provider. */
record Documents(GoogleTokens.Sender sender, Materializer materializer) {
    private static final int MAX_BYTES = 256 * 1024;
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    CompletionStage<byte[]> fetch(URI address) {
        var origin = Origin.of(address.toString());
        var over = new CompletableFuture<Done>();
        var request = HttpRequest.GET("/")
                .addHeader(RawHeader.create("Accept", "application/json"))
                .addAttribute(Providers.ABANDONED, over);
        return send(address, request)
                .thenCompose(answer -> read(origin, answer))
                .toCompletableFuture()
                .orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                .handle((bytes, failure) -> {
                    // Ends a call that nobody waits for any more; one that has been answered is past caring.
                    over.complete(Done.getInstance());
                    if (bytes == null) {
                        throw new CompletionException(failed(origin, failure));
                    }
                    return bytes.toArray();
                });
    }

    /** To an address of nobody's in particular. */
    CompletionStage<HttpResponse> send(URI address, HttpRequest request) {
        var origin = Origin.of(address.toString());
        var query = address.getRawQuery();
        var path = (origin.path().isEmpty() ? "/" : origin.path()) + (query == null ? "" : "?" + query);
        return sender.send(
                origin.host(), request.withUri(path).addHeader(RawHeader.create("Host", origin.hostHeader())));
    }

    private CompletionStage<ByteString> read(Origin origin, HttpResponse answer) {
        var bytes = answer.entity().getDataBytes();
        if (answer.status().intValue() != 200) {
            bytes.runWith(Sink.cancelled(), materializer);
            return CompletableFuture.failedStage(
                    unusable(origin, "answered " + answer.status().intValue()));
        }
        return bytes.limitWeighted(MAX_BYTES, each -> (long) each.size())
                .completionTimeout(PATIENCE)
                .runFold(ByteString.emptyByteString(), ByteString::concat, materializer);
    }

    private static UpstreamFailure failed(Origin origin, @Nullable Throwable failure) {
        return failure != null && UpstreamFailure.unwrapped(failure) instanceof UpstreamFailure known
                ? known
                : unusable(origin, "gave no whole answer");
    }

    private static UpstreamFailure unusable(Origin origin, String what) {
        return new UpstreamFailure(UpstreamFailure.Kind.UNREACHABLE, origin.host() + " " + what);
    }
}

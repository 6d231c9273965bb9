package dev.sluice.provider;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/** One request on its way to a provider. Counts as open until its answer has ended. */
final class Call {
    private @Nullable HttpRequest request;
    final CompletableFuture<HttpResponse> answer;
    private final OpenRequests open;
    private final AtomicBoolean ended = new AtomicBoolean();
    /** Touched by whoever holds the call; a call is handed on, never shared. */
    private boolean repeated;

    private boolean sent;

    Call(HttpRequest request, CompletableFuture<HttpResponse> answer, OpenRequests open) {
        this.request = request;
        this.answer = answer;
        this.open = open;
    }

    /** Null once the answer has begun: a stream lives for minutes, and its request may be large. */
    @Nullable
    HttpRequest request() {
        return request;
    }

    void answered() {
        request = null;
    }

    /** It has a connection. */
    void sent() {
        sent = true;
    }

    boolean isSent() {
        return sent;
    }

    /** True once: a request that found its pooled connection closed may go out again on a fresh one. */
    boolean mayRepeat() {
        var first = !repeated && !answer.isDone();
        repeated = true;
        return first;
    }

    void fail(UpstreamFailure failure) {
        end();
        answer.completeExceptionally(failure);
    }

    /** The answer is over, or there will be none. */
    void end() {
        request = null;
        if (ended.compareAndSet(false, true)) {
            open.giveBack();
        }
    }
}

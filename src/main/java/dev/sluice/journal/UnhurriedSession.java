package dev.sluice.journal;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.session.Request;
import com.datastax.oss.driver.api.core.session.Session;
import com.datastax.oss.driver.api.core.type.reflect.GenericType;
import com.datastax.oss.driver.internal.core.session.SessionWrapper;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A session whose failures take a moment. While no Cassandra is in reach the driver fails at once, and the plugin's writers of tags try again
 * at once: hundreds of thousands of times a minute, until nothing else on the node has a turn.
 */
final class UnhurriedSession extends SessionWrapper implements CqlSession {
    private final Duration rest;

    /** @param rest between a request that failed and whoever hears of it */
    UnhurriedSession(Session session, Duration rest) {
        super(session);
        this.rest = rest;
    }

    @Override
    @SuppressWarnings("unchecked") // What the driver answers with a stage, whoever asked gets as one.
    public <R extends Request, T> @Nullable T execute(R request, GenericType<T> answer) {
        var answered = super.execute(request, answer);
        return answered instanceof CompletionStage<?> stage ? (T) unhurried(stage) : answered;
    }

    private <A> CompletionStage<A> unhurried(CompletionStage<A> stage) {
        return stage.exceptionallyCompose(failure -> {
            var later = new CompletableFuture<A>();
            CompletableFuture.delayedExecutor(rest.toMillis(), TimeUnit.MILLISECONDS)
                    .execute(() -> later.completeExceptionally(
                            failure instanceof CompletionException wrapped && wrapped.getCause() != null
                                    ? wrapped.getCause()
                                    : failure));
            return later;
        });
    }
}

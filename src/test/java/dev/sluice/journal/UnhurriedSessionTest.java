package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.NoNodeAvailableException;
import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import com.datastax.oss.driver.api.core.session.Request;
import com.datastax.oss.driver.api.core.session.Session;
import com.datastax.oss.driver.api.core.type.reflect.GenericType;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class UnhurriedSessionTest {
    private static final Duration REST = Duration.ofMillis(300);

    private final CompletableFuture<AsyncResultSet> answer = new CompletableFuture<>();
    private final CqlSession session = new UnhurriedSession(answering(answer), REST);

    @Test
    void aFailureIsHeardOfAfterTheRestAndAsItWas() {
        answer.completeExceptionally(new NoNodeAvailableException());

        var begun = System.nanoTime();
        assertThatThrownBy(() ->
                        session.executeAsync("SELECT").toCompletableFuture().get(10, TimeUnit.SECONDS))
                .hasCauseInstanceOf(NoNodeAvailableException.class);
        assertThat(System.nanoTime() - begun).isGreaterThanOrEqualTo(REST.toNanos());
    }

    @Test
    void whatIsWellIsHeardOfAtOnce() {
        answer.complete(null);

        assertThat(session.executeAsync("SELECT").toCompletableFuture()).isCompleted();
    }

    private static Session answering(CompletionStage<AsyncResultSet> answer) {
        return (Session) Proxy.newProxyInstance(
                UnhurriedSessionTest.class.getClassLoader(), new Class<?>[] {Session.class}, (_, method, _) -> {
                    assertThat(method).isEqualTo(Session.class.getMethod("execute", Request.class, GenericType.class));
                    return answer;
                });
    }
}

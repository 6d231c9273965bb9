package dev.sluice.export;

import dev.sluice.export.Exporting.Message;
import dev.sluice.gate.Endpoint;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.jspecify.annotations.Nullable;

/** The door's inside: the way to those that export, one or one a slice, which may be on other nodes. */
final class RunningExporter implements Exporter {
    private static final Duration ASK_TIMEOUT = Duration.ofSeconds(5);

    /** Below what clients wait; a large backlog goes on without them. */
    private static final Duration RUN_TIMEOUT = Duration.ofSeconds(25);

    private final ActorSystem<?> system;
    private final List<? extends RecipientRef<Message>> exporting;
    private final Counters counters;

    RunningExporter(ActorSystem<?> system, List<? extends RecipientRef<Message>> exporting, Counters counters) {
        this.system = system;
        this.exporting = exporting;
        this.counters = counters;
    }

    @Override
    public CompletionStage<State> state() {
        return ask(Exporting.Look::new, ASK_TIMEOUT);
    }

    @Override
    public CompletionStage<State> run() {
        return ask(Exporting.Run::new, RUN_TIMEOUT).exceptionallyCompose(failure -> {
            var late = failure instanceof TimeoutException || failure.getCause() instanceof TimeoutException;
            return late ? state() : CompletableFuture.failedFuture(failure);
        });
    }

    private CompletionStage<State> ask(Function<ActorRef<State>, Message> question, Duration timeout) {
        var answers = exporting.stream()
                .map(one -> AskPattern.<Message, State>ask(one, question::apply, timeout, system.scheduler()))
                .toList();
        CompletionStage<State> all = answers.getFirst();
        for (var answer : answers.subList(1, answers.size())) {
            all = all.thenCombine(answer, RunningExporter::together);
        }
        return all;
    }

    /** Of parts that are exported each by itself. */
    static State together(State one, State other) {
        return new State(
                one.to() == null ? other.to() : one.to(),
                one.running() || other.running(),
                later(one.last(), other.last(), Export::at),
                offset(one, other),
                one.lag() + other.lag(),
                one.failures() + other.failures(),
                later(one.failure(), other.failure(), Failure::at),
                sooner(one.next(), other.next()));
    }

    /** Where nothing waits, the last offset says how long nothing has come. */
    private static long offset(State one, State other) {
        if ((one.lag() == 0) == (other.lag() == 0)) {
            return one.lag() == 0 ? Math.max(one.offset(), other.offset()) : Math.min(one.offset(), other.offset());
        }
        return one.lag() == 0 ? other.offset() : one.offset();
    }

    private static <T> @Nullable T later(@Nullable T one, @Nullable T other, Function<T, Instant> at) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return at.apply(one).isAfter(at.apply(other)) ? one : other;
    }

    private static @Nullable Instant sooner(@Nullable Instant one, @Nullable Instant other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return one.isBefore(other) ? one : other;
    }

    @Override
    public Counts counts() {
        return counters.counts();
    }

    @Override
    public List<Endpoint> endpoints() {
        return new ExportEndpoints(this, system).endpoints();
    }
}

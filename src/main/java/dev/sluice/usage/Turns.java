package dev.sluice.usage;

import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/** Many requests to the store, some at a time: what all rooms may have under way is not for one question of one of them. */
record Turns(ActorSystem<?> system) {
    private static final int AT_ONCE = 48;

    /** Answers in the order of the questions. */
    <Q, A> CompletionStage<List<A>> all(Collection<Q> questions, Function<Q, CompletionStage<A>> ask) {
        return all(Source.from(questions).mapAsync(AT_ONCE, ask::apply));
    }

    <Q> CompletionStage<Done> each(Collection<Q> questions, Function<Q, CompletionStage<Done>> ask) {
        return Source.from(questions).mapAsyncUnordered(AT_ONCE, ask::apply).runWith(Sink.ignore(), system);
    }

    <A> CompletionStage<List<A>> all(Source<A, NotUsed> rows) {
        return rows.runWith(Sink.seq(), system);
    }
}

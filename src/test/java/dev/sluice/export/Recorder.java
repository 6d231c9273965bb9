package dev.sluice.export;

import static dev.sluice.journal.TestStorage.await;

import dev.sluice.session.Exchange;
import dev.sluice.session.ExchangeRecorded;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;

/** Stands for a session: its events are a session's, and nothing else about it is. */
final class Recorder extends EventSourcedBehavior<Recorder.Keep, ExchangeRecorded, Long> {
    record Keep(List<Exchange> exchanges, ActorRef<Done> replyTo) {}

    private Recorder(String id) {
        super(PersistenceId.of("Session", id));
    }

    static ActorRef<Keep> spawn(ActorTestKit kit, String id) {
        return kit.spawn(new Recorder(id));
    }

    static void record(ActorTestKit kit, ActorRef<Keep> recorder, List<Exchange> exchanges) {
        await(AskPattern.<Keep, Done>ask(
                recorder, replyTo -> new Keep(exchanges, replyTo), Duration.ofSeconds(10), kit.scheduler()));
    }

    @Override
    public Long emptyState() {
        return 0L;
    }

    @Override
    public CommandHandler<Keep, ExchangeRecorded, Long> commandHandler() {
        return (_, command) -> Effect()
                .persist(command.exchanges().stream().map(ExchangeRecorded::new).toList())
                .thenRun(() -> command.replyTo().tell(Done.getInstance()));
    }

    @Override
    public EventHandler<Long, ExchangeRecorded> eventHandler() {
        return (count, _) -> count + 1;
    }

    @Override
    public Set<String> tagsFor(ExchangeRecorded event) {
        return Set.of(ExchangeRecorded.TAG);
    }
}

package dev.sluice.journal;

import java.util.List;
import java.util.function.ToLongFunction;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.JournalProtocol;
import org.apache.pekko.persistence.PersistentEnvelope;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.journal.Tagged;
import org.jspecify.annotations.Nullable;
import scala.jdk.javaapi.CollectionConverters;

/**
 * One entity's line to a journal plugin, in the plugin's own words: says what is there, and writes events under the numbers they have. It is open
 * as long as the entity is worked on, because the plugin knows an entity's tags for as long as it knows who asked. One question at a time.
 */
final class JournalLine extends AbstractMatchingBehavior<JournalLine.Message> {
    sealed interface Message {}

    /** What is there, from a number on. Comes first: the plugin learns from it where the entity's tags are. */
    record Read(long from, ActorRef<Answer> replyTo) implements Message {}

    record Write(List<Numbered> events, ActorRef<Answer> replyTo) implements Message {}

    record Close() implements Message {}

    private record Heard(JournalProtocol.Response response) implements Message {}

    /** @param event as the plugin takes it: {@link Tagged} where it has tags */
    record Numbered(long number, Object event) {}

    sealed interface Answer {}

    /** @param highest number; 0 for none */
    record There(long events, long highest, long nanos) implements Answer {}

    record Written() implements Answer {}

    record Failed(Throwable cause) implements Answer {}

    private final org.apache.pekko.actor.ActorRef journal;
    private final String entity;
    private final ToLongFunction<Object> cost;
    private final org.apache.pekko.actor.ActorRef self;
    private @Nullable ActorRef<Answer> asking;
    private long events;
    private long nanos;

    /** @param cost what is added up of events */
    static Behavior<Message> create(
            org.apache.pekko.actor.ActorRef journal, String entity, ToLongFunction<Object> cost) {
        return Behaviors.setup(context -> new JournalLine(context, journal, entity, cost));
    }

    private JournalLine(
            ActorContext<Message> context,
            org.apache.pekko.actor.ActorRef journal,
            String entity,
            ToLongFunction<Object> cost) {
        super(context);
        this.journal = journal;
        this.entity = entity;
        this.cost = cost;
        this.self = Adapter.toClassic(context.messageAdapter(JournalProtocol.Response.class, Heard::new));
    }

    @Override
    public Behavior<Message> onMessage(Message message) {
        switch (message) {
            case Read(var from, var replyTo) -> {
                asking = replyTo;
                events = 0;
                nanos = 0;
                tell(new JournalProtocol.ReplayMessages(from, Long.MAX_VALUE, Long.MAX_VALUE, entity, self));
            }
            case Write(var all, var replyTo) -> {
                asking = replyTo;
                List<PersistentEnvelope> writes = all.stream()
                        .<PersistentEnvelope>map(it -> AtomicWrite.apply(PersistentRepr.apply(
                                it.event(),
                                it.number(),
                                entity,
                                PersistentRepr.Undefined(),
                                false,
                                org.apache.pekko.actor.ActorRef.noSender(),
                                PersistentRepr.Undefined())))
                        .toList();
                tell(new JournalProtocol.WriteMessages(
                        CollectionConverters.asScala(writes).toSeq(), self, 1));
            }
            case Heard(var response) -> onHeard(response);
            case Close() -> {
                return Behaviors.stopped();
            }
        }
        return this;
    }

    private void tell(Object request) {
        journal.tell(request, self);
    }

    private void onHeard(JournalProtocol.Response response) {
        switch (response) {
            case JournalProtocol.ReplayedMessage replayed -> {
                events++;
                nanos += cost.applyAsLong(replayed.persistent().payload());
            }
            case JournalProtocol.RecoverySuccess done -> answer(new There(events, done.highestSequenceNr(), nanos));
            case JournalProtocol.ReplayMessagesFailure failed -> answer(new Failed(failed.cause()));
            case JournalProtocol.WriteMessagesFailed failed -> answer(new Failed(failed.cause()));
            // An event that was refused is missed when all of them are read.
            default -> {
                if (response.equals(JournalProtocol.WriteMessagesSuccessful$.MODULE$)) {
                    answer(new Written());
                }
            }
        }
    }

    private void answer(Answer answer) {
        if (asking != null) {
            asking.tell(answer);
            asking = null;
        }
    }
}

package dev.sluice.audit;

import dev.sluice.audit.AuditEvent.Begun;
import dev.sluice.audit.AuditEvent.Ended;
import dev.sluice.audit.AuditLog.Answer;
import dev.sluice.audit.AuditLog.Command;
import dev.sluice.audit.AuditLog.NotWritten;
import dev.sluice.audit.AuditLog.Seen;
import dev.sluice.audit.AuditLog.Written;
import dev.sluice.identity.Caller;
import dev.sluice.journal.Storage;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.persistence.query.javadsl.CurrentEventsByPersistenceIdQuery;
import org.apache.pekko.stream.javadsl.Sink;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The door's inside: one sharded entity that writes, and the journal to read from. */
final class ShardedAudit implements Audit {
    private static final Logger log = LoggerFactory.getLogger(ShardedAudit.class);

    /** The first action after a rest wakes the entity. Past it nobody can vouch for the journal. */
    private static final Duration ASK_TIMEOUT = Duration.ofSeconds(5);

    private final ActorSystem<?> system;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final ActorRef<ShardingEnvelope<Command>> region;
    private final CurrentEventsByPersistenceIdQuery journal;
    private final Allowance allowance = new Allowance();

    static Audit start(ActorSystem<?> system, InstantSource clock, RandomGenerator random) {
        var journal = PersistenceQuery.get(system)
                .getReadJournalFor(CurrentEventsByPersistenceIdQuery.class, Storage.queries(system));
        return new ShardedAudit(system, clock, random, journal);
    }

    ShardedAudit(
            ActorSystem<?> system,
            InstantSource clock,
            RandomGenerator random,
            CurrentEventsByPersistenceIdQuery journal) {
        this.system = system;
        this.clock = clock;
        this.random = random;
        this.journal = journal;
        this.region = ClusterSharding.get(system)
                .init(Entity.of(AuditLog.KEY, _ -> AuditLog.create()).withStopMessage(new AuditLog.Stop()));
    }

    @Override
    public CompletionStage<Running> begin(Caller caller, String method, String path) {
        var action = action(caller, method, path);
        return write(replyTo -> new AuditLog.Begin(action, replyTo))
                .thenApply(_ -> (status, notes) -> write(Ended.of(action, status, notes.values())));
    }

    @Override
    public void denied(Caller caller, String method, String path, int status) {
        var action = action(caller, method, path);
        var leftOut = allowance.take(action.login(), action.at());
        if (leftOut >= 0) {
            Map<String, String> notes = leftOut == 0 ? Map.of() : Map.of("unrecorded", Integer.toString(leftOut));
            var _ = write(new Ended(action, status, Outcome.DENIED, notes))
                    .whenCompleteAsync(
                            (_, failure) -> {
                                if (failure != null) {
                                    log.atError()
                                            .addKeyValue("caller", action.login())
                                            .setCause(failure)
                                            .log("a denied attempt could not be written to the audit log");
                                }
                            },
                            system.executionContext());
        }
    }

    @Override
    public CompletionStage<Page> list(int limit, long before) {
        return ask(AuditLog.Look::new).thenCompose(answer -> switch (answer) {
            case Seen(var last, var open) -> new Search(limit, open).downFrom(Math.min(last, before - 1));
            case Written() -> CompletableFuture.failedStage(new IllegalStateException("written (expected: seen)"));
            case NotWritten(var why) -> CompletableFuture.failedStage(new IllegalStateException(why));
        });
    }

    private Action action(Caller caller, String method, String path) {
        return Action.of(HexFormat.of().toHexDigits(random.nextLong()), clock.instant(), caller, method, path);
    }

    private CompletionStage<Done> write(Ended ended) {
        return write(replyTo -> new AuditLog.End(ended, replyTo));
    }

    private CompletionStage<Done> write(Function<ActorRef<Answer>, Command> command) {
        return ask(command).thenCompose(answer -> switch (answer) {
            case Written() -> CompletableFuture.completedStage(Done.getInstance());
            case NotWritten(var why) -> CompletableFuture.failedStage(new IllegalStateException(why));
            case Seen seen -> CompletableFuture.failedStage(new IllegalStateException(seen + " (expected: written)"));
        });
    }

    private CompletionStage<Answer> ask(Function<ActorRef<Answer>, Command> command) {
        return AskPattern.ask(
                region,
                replyTo -> new ShardingEnvelope<>(AuditLog.ENTITY, command.apply(replyTo)),
                ASK_TIMEOUT,
                system.scheduler());
    }

    /** Goes down the journal until it has a page, a piece at a time, so that no more of it is in memory than a few pages. */
    private final class Search {
        private final List<Entry> found = new ArrayList<>();
        private final int limit;
        private final Set<String> open;

        Search(int limit, Set<String> open) {
            this.limit = limit;
            this.open = open;
        }

        CompletionStage<Page> downFrom(long last) {
            if (last < 1 || found.size() > limit) {
                return CompletableFuture.completedFuture(page());
            }
            var first = Math.max(1, last - 2L * limit);
            return journal.currentEventsByPersistenceId(AuditLog.PERSISTENCE_ID.id(), first, last)
                    .runWith(Sink.seq(), system)
                    .thenComposeAsync(
                            events -> {
                                events.reversed().forEach(this::take);
                                return downFrom(first - 1);
                            },
                            system.executionContext());
        }

        /** One more than the page has shows that there is a next one. */
        private void take(EventEnvelope envelope) {
            var event = (AuditEvent) envelope.event();
            var isLast =
                    !(event instanceof Begun) || open.contains(event.action().id());
            if (isLast && found.size() <= limit) {
                found.add(event.entry(envelope.sequenceNr()));
            }
        }

        private Page page() {
            return found.size() <= limit
                    ? new Page(List.copyOf(found), null)
                    : new Page(
                            List.copyOf(found.subList(0, limit)),
                            found.get(limit - 1).number());
        }
    }
}

package dev.sluice.quota;

import dev.sluice.journal.Storage;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.persistence.query.javadsl.CurrentPersistenceIdsQuery;
import org.apache.pekko.stream.javadsl.Source;

/** Which buckets there are, and which of them may hold what a dead node has set aside. */
interface Roster {
    /** By name. */
    Source<String, NotUsed> all();

    /** Those that may have something open; some may not. */
    Source<String, NotUsed> awake();

    /**
     * A bucket is about to write its first event since it woke; completes when {@link #awake} would name it on every node.
     *
     * @param events that its journal holds
     */
    CompletionStage<Done> wakes(String bucket, long events);

    /**
     * A bucket goes to sleep with nothing open.
     *
     * @param events that its journal holds, at least one of which was written since it woke
     */
    void rests(String bucket, long events);

    static Roster of(ActorSystem<?> system, String readJournal) {
        return Storage.kind(system) == Storage.Kind.CASSANDRA
                ? new RosterInCassandra(system)
                : new JournalsOwn(system, readJournal);
    }

    /** A file says at once which entities it has: nothing is to be kept beside it, and all of its buckets are woken. */
    record JournalsOwn(ActorSystem<?> system, String readJournal) implements Roster {
        private static final CompletionStage<Done> DONE = CompletableFuture.completedStage(Done.getInstance());

        @Override
        public Source<String, NotUsed> all() {
            return PersistenceQuery.get(system)
                    .getReadJournalFor(CurrentPersistenceIdsQuery.class, readJournal)
                    .currentPersistenceIds()
                    .filter(id -> id.startsWith(QuotaBucket.ID_PREFIX))
                    .map(id -> id.substring(QuotaBucket.ID_PREFIX.length()));
        }

        @Override
        public Source<String, NotUsed> awake() {
            return all();
        }

        @Override
        public CompletionStage<Done> wakes(String bucket, long events) {
            return DONE;
        }

        @Override
        public void rests(String bucket, long events) {}
    }
}

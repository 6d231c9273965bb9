package dev.sluice.journal;

import com.typesafe.config.Config;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.ReadJournalProvider;
import org.apache.pekko.persistence.query.scaladsl.CurrentEventsByTagQuery;
import org.apache.pekko.persistence.query.scaladsl.CurrentPersistenceIdsQuery;
import org.apache.pekko.persistence.query.scaladsl.EventsByTagQuery;
import org.apache.pekko.persistence.query.scaladsl.PersistenceIdsQuery;
import org.apache.pekko.persistence.query.scaladsl.ReadJournal;
import org.apache.pekko.stream.scaladsl.Source;

/** Gives Pekko the read journal in both of its dialects. */
final class SqliteReadJournalProvider implements ReadJournalProvider {
    private final SqliteReadJournal journal;

    SqliteReadJournalProvider(ExtendedActorSystem system, Config config) {
        journal = new SqliteReadJournal(system, config);
    }

    @Override
    public ReadJournal scaladslReadJournal() {
        return new InScala(journal);
    }

    @Override
    public SqliteReadJournal javadslReadJournal() {
        return journal;
    }

    private record InScala(SqliteReadJournal journal)
            implements ReadJournal,
                    EventsByTagQuery,
                    CurrentEventsByTagQuery,
                    PersistenceIdsQuery,
                    CurrentPersistenceIdsQuery {
        @Override
        public Source<EventEnvelope, NotUsed> eventsByTag(String tag, Offset offset) {
            return journal.eventsByTag(tag, offset).asScala();
        }

        @Override
        public Source<EventEnvelope, NotUsed> currentEventsByTag(String tag, Offset offset) {
            return journal.currentEventsByTag(tag, offset).asScala();
        }

        @Override
        public Source<String, NotUsed> persistenceIds() {
            return journal.persistenceIds().asScala();
        }

        @Override
        public Source<String, NotUsed> currentPersistenceIds() {
            return journal.currentPersistenceIds().asScala();
        }
    }
}

package dev.sluice.quota;

import com.typesafe.config.Config;
import java.util.Optional;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.persistence.query.ReadJournalProvider;
import org.apache.pekko.persistence.query.javadsl.CurrentPersistenceIdsQuery;
import org.apache.pekko.persistence.testkit.query.scaladsl.PersistenceTestKitReadJournal;
import org.apache.pekko.stream.javadsl.Source;

/** Lists the persistence ids of the journal in memory, which the testkit offers to Scala alone. */
public final class TestReadJournal
        implements CurrentPersistenceIdsQuery, org.apache.pekko.persistence.query.scaladsl.ReadJournal {
    static final String ID = "test-read-journal";

    private final PersistenceTestKitReadJournal journal;

    TestReadJournal(ExtendedActorSystem system) {
        journal = PersistenceQuery.get(system)
                .readJournalFor(PersistenceTestKitReadJournal.Identifier(), com.typesafe.config.ConfigFactory.empty());
    }

    @Override
    public Source<String, NotUsed> currentPersistenceIds() {
        return journal.currentPersistenceIds(scala.jdk.javaapi.OptionConverters.toScala(Optional.empty()), 1_000_000)
                .asJava();
    }

    /** What Pekko instantiates. */
    public static final class Provider implements ReadJournalProvider {
        private final ExtendedActorSystem system;

        public Provider(ExtendedActorSystem system, Config config) {
            this.system = system;
        }

        @Override
        public TestReadJournal scaladslReadJournal() {
            return new TestReadJournal(system);
        }

        @Override
        public TestReadJournal javadslReadJournal() {
            return new TestReadJournal(system);
        }
    }
}

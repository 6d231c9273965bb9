package dev.sluice.testing;

import com.typesafe.config.Config;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.apache.pekko.NotUsed;
import org.apache.pekko.dispatch.Futures;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.journal.japi.AsyncWriteJournal;
import org.apache.pekko.persistence.query.ReadJournalProvider;
import org.apache.pekko.persistence.query.javadsl.CurrentPersistenceIdsQuery;
import org.apache.pekko.stream.javadsl.Source;
import scala.concurrent.Future;
import scala.jdk.javaapi.CollectionConverters;

/** One journal in memory for all actor systems of this process, for tests that are about something else. */
public final class SharedJournal extends AsyncWriteJournal {
    /** The read journal's plugin. */
    public static final String READ = "test.shared-journal.read";

    private static final Map<String, TreeMap<Long, PersistentRepr>> EVENTS = new ConcurrentHashMap<>();
    private static final Map<String, Long> HIGHEST = new ConcurrentHashMap<>();

    /** What makes a node use it. */
    public static Map<String, Object> settings(String snapshots) {
        return Map.of(
                "test.shared-journal.write.class",
                SharedJournal.class.getName(),
                READ + ".class",
                Provider.class.getName(),
                "pekko.persistence.journal.plugin",
                "test.shared-journal.write",
                "pekko.persistence.snapshot-store.plugin",
                "pekko.persistence.snapshot-store.local",
                "pekko.persistence.snapshot-store.local.dir",
                snapshots);
    }

    @Override
    public Future<Iterable<Optional<Exception>>> doAsyncWriteMessages(Iterable<AtomicWrite> messages) {
        var results = new ArrayList<Optional<Exception>>();
        for (var write : messages) {
            for (var event : CollectionConverters.asJava(write.payload())) {
                var events = EVENTS.computeIfAbsent(event.persistenceId(), id -> new TreeMap<>());
                synchronized (events) {
                    events.put(event.sequenceNr(), event);
                }
                HIGHEST.merge(event.persistenceId(), event.sequenceNr(), Math::max);
            }
            results.add(Optional.empty());
        }
        return Futures.successful(results);
    }

    @Override
    public Future<Void> doAsyncDeleteMessagesTo(String persistenceId, long toSequenceNr) {
        var events = EVENTS.computeIfAbsent(persistenceId, id -> new TreeMap<>());
        synchronized (events) {
            events.headMap(toSequenceNr, true).clear();
        }
        return Futures.successful(null);
    }

    @Override
    public Future<Void> doAsyncReplayMessages(
            String persistenceId, long from, long to, long max, Consumer<PersistentRepr> replay) {
        var events = EVENTS.computeIfAbsent(persistenceId, id -> new TreeMap<>());
        List<PersistentRepr> found;
        synchronized (events) {
            found = from > to
                    ? List.of()
                    : events.subMap(from, true, to, true).values().stream()
                            .limit(max)
                            .toList();
        }
        found.forEach(replay);
        return Futures.successful(null);
    }

    @Override
    public Future<Long> doAsyncReadHighestSequenceNr(String persistenceId, long from) {
        return Futures.successful(HIGHEST.getOrDefault(persistenceId, 0L));
    }

    /** Knows which entities there are. */
    public static final class Reader
            implements CurrentPersistenceIdsQuery, org.apache.pekko.persistence.query.scaladsl.ReadJournal {
        @Override
        public Source<String, NotUsed> currentPersistenceIds() {
            return Source.from(List.copyOf(EVENTS.keySet()));
        }
    }

    /** What Pekko instantiates. */
    public static final class Provider implements ReadJournalProvider {
        public Provider(org.apache.pekko.actor.ExtendedActorSystem system, Config config) {}

        @Override
        public Reader scaladslReadJournal() {
            return new Reader();
        }

        @Override
        public Reader javadslReadJournal() {
            return new Reader();
        }
    }
}

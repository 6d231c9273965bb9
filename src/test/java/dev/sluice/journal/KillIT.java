package dev.sluice.journal;

import static dev.sluice.journal.TestStorage.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kill -9 in the middle of writing, again and again: what was acknowledged is there, in order, without a hole. */
class KillIT {
    private static final int LIVES = 6;

    @TempDir
    private Path directory;

    @Test
    void losesNothingThatWasAcknowledged() throws Exception {
        var acknowledged = new HashMap<String, Long>();
        var random = new Random(42);
        for (var life = 1; life <= LIVES; life++) {
            acknowledged.putAll(liveAndDie("life" + life, 500 + random.nextInt(4000)));
            assertEverythingIsThere(acknowledged);
        }
    }

    /** @return the last acknowledged line by entity and life */
    private Map<String, Long> liveAndDie(String life, int lines) throws IOException, InterruptedException {
        var process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        DyingWriter.class.getName(),
                        directory.toString(),
                        life)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        var acknowledged = new HashMap<String, Long>();
        try (var out = process.inputReader(StandardCharsets.UTF_8)) {
            for (var seen = 0; seen < lines; ) {
                seen += take(out, acknowledged) ? 1 : 0;
            }
            // By its handle: the process object would close our end of its output, and what it had printed before it
            // died counts as well.
            process.toHandle().destroyForcibly();
            out.lines().forEach(line -> note(line, acknowledged));
        } finally {
            process.destroyForcibly().waitFor();
        }
        return acknowledged;
    }

    private static boolean take(BufferedReader out, Map<String, Long> acknowledged) throws IOException {
        var line = out.readLine();
        assertThat(line).as("the writer lives until it is killed").isNotNull();
        return note(line, acknowledged);
    }

    private static boolean note(String line, Map<String, Long> acknowledged) {
        var words = line.split(" ", -1);
        // Log lines may stand between, and the last line may be cut.
        if (words.length != 3 || !words[0].startsWith("entity-") || words[2].isEmpty()) {
            return false;
        }
        acknowledged.merge(words[0] + " " + words[1], Long.parseLong(words[2]), Math::max);
        return true;
    }

    private void assertEverythingIsThere(Map<String, Long> acknowledged) {
        var system = ActorSystem.create("survivor", TestStorage.config(directory));
        try {
            assertThat(integrity(system)).isEqualTo("ok");
            var stored = new HashMap<String, Long>();
            var numbers = new HashMap<String, Long>();
            for (var event : events(system)) {
                var number = numbers.merge(event.persistenceId(), 1L, Long::sum);
                assertThat(event.sequenceNr())
                        .as("no hole in %s", event.persistenceId())
                        .isEqualTo(number);
                var line = ((Diary.Noted) event.event()).line().split(" ", -1);
                stored.merge(event.persistenceId() + " " + line[0], Long.parseLong(line[1]), Math::max);
            }
            assertThat(acknowledged)
                    .allSatisfy((life, last) ->
                            assertThat(stored.getOrDefault(life, 0L)).as(life).isGreaterThanOrEqualTo(last));
        } finally {
            TestStorage.stop(system);
        }
    }

    private static List<EventEnvelope> events(ActorSystem system) {
        return await(PersistenceQuery.get(system)
                .getReadJournalFor(SqliteReadJournal.class, SqliteReadJournal.IDENTIFIER)
                .currentEventsByTag(Diary.TAG, Offset.noOffset())
                .runWith(Sink.seq(), system));
    }

    private static String integrity(ActorSystem system) {
        return await(SqliteStore.get(system).read(connection -> {
            try (var check = connection.prepareStatement("PRAGMA integrity_check");
                    var rows = check.executeQuery()) {
                rows.next();
                return rows.getString(1);
            }
        }));
    }
}

package dev.sluice.audit;

import static dev.sluice.audit.Entries.NOON;
import static dev.sluice.audit.Entries.root;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.audit.Audit.Entry;
import dev.sluice.audit.Audit.Outcome;
import dev.sluice.audit.Audit.Running;
import dev.sluice.identity.Caller;
import dev.sluice.testing.Eventually;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.persistence.testkit.javadsl.PersistenceTestKit;
import org.apache.pekko.persistence.testkit.query.javadsl.PersistenceTestKitReadJournal;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** The door on a cluster of one. */
class AuditDoorIT {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final ActorTestKit kit = ActorTestKit.create(Entries.config());
    private static final PersistenceTestKit journal = PersistenceTestKit.create(kit.system());
    private static final Audit audit = start();

    private static Audit start() {
        var cluster = Cluster.get(kit.system());
        cluster.manager().tell(Join.create(cluster.selfMember().address()));
        return new ShardedAudit(
                kit.system(),
                InstantSource.fixed(NOON),
                new Random(7),
                PersistenceQuery.get(kit.system())
                        .getReadJournalFor(
                                PersistenceTestKitReadJournal.class, PersistenceTestKitReadJournal.Identifier()));
    }

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    /** Actions that overlap in any way, and denials among them: each is listed once, in order, whatever the pages. */
    @Test
    void listsEachActionOnceHoweverLongThePages() {
        // Given
        var before = all(500).size();
        var random = new Random(11);
        var running = new LinkedHashMap<String, Running>();
        var expected = new ArrayList<String>();
        for (var i = 0; i < 150; i++) {
            switch (random.nextInt(5)) {
                case 0, 1, 2 -> running.put("/" + i, now(audit.begin(root(), "POST", "/" + i)));
                case 3 -> {
                    audit.denied(caller("denied" + i), "POST", "/" + i, 403);
                    expected.addFirst("DENIED /" + i);
                }
                default -> {
                    if (!running.isEmpty()) {
                        var paths = List.copyOf(running.keySet());
                        var path = paths.get(random.nextInt(paths.size()));
                        end(Objects.requireNonNull(running.remove(path)), 200);
                        expected.addFirst("DONE " + path);
                    }
                }
            }
        }
        // Then
        for (var limit : List.of(1, 2, 7, 50, 500)) {
            var listed = all(limit);
            assertThat(listed).hasSize(before + expected.size() + running.size());
            assertThat(listed).extracting(Entry::number).isSortedAccordingTo((a, b) -> Long.compare(b, a));
            assertThat(listed.stream()
                            .limit(listed.size() - before)
                            .filter(entry -> entry.outcome() != Outcome.UNKNOWN)
                            .map(entry -> entry.outcome() + " " + entry.path()))
                    .isEqualTo(expected);
            assertThat(listed.stream()
                            .filter(entry -> entry.outcome() == Outcome.UNKNOWN)
                            .map(Entry::path))
                    .containsAll(running.keySet());
        }
        running.values().forEach(action -> end(action, 500));
        assertThat(all(50)).extracting(Entry::outcome).doesNotContain(Outcome.UNKNOWN);
    }

    @Test
    void tellsWhoAndWhat() {
        var notes = new Notes();
        notes.put("bucket", "daily:alice");

        now(now(audit.begin(root(), "POST", "/api/quotas/refill")).end(404, notes));

        var newest = now(audit.list(1, Audit.NEWEST)).entries().getFirst();
        assertThat(newest)
                .usingRecursiveComparison()
                .ignoringFields("number", "id")
                .isEqualTo(new Entry(
                        0,
                        "",
                        NOON,
                        "root@example.com",
                        "n1",
                        List.of(),
                        "POST",
                        "/api/quotas/refill",
                        404,
                        Outcome.REFUSED,
                        Map.of("bucket", "daily:alice")));
        assertThat(newest.id()).matches("[0-9a-f]{16}");
    }

    @Test
    void nothingFromOutsideMakesARecordLarge() {
        var huge = "\ud83d\ude00".repeat(100_000);
        var caller =
                new Caller(huge, huge, huge, java.util.Collections.nCopies(1000, huge), List.of(), false, List.of());

        end(now(audit.begin(caller, "POST", "/" + huge)), 200);

        var newest = now(audit.list(1, Audit.NEWEST)).entries().getFirst();
        assertThat(newest.login()).hasSizeLessThanOrEqualTo(Action.NAME_CHARS);
        assertThat(newest.path()).hasSizeLessThanOrEqualTo(Action.PATH_CHARS);
        assertThat(newest.tags()).hasSize(Action.TAGS);
    }

    @Test
    void aFloodOfDenialsIsCountedAndNotWritten() {
        for (var i = 0; i < 5000; i++) {
            audit.denied(caller("mallory"), "DELETE", "/api/quotas", 403);
        }
        audit.denied(caller("alice"), "GET", "/api/audit", 403);

        Eventually.await(
                SOON,
                () -> assertThat(all(500))
                        .extracting(Entry::login)
                        .contains("alice")
                        .filteredOn("mallory"::equals)
                        .hasSize(Allowance.LOGIN_BURST));
    }

    @Test
    void failsWhenTheJournalDoesAndGoesOnWhenItDoes() {
        journal.failNextPersisted(AuditLog.PERSISTENCE_ID.id());

        assertThatThrownBy(() -> now(audit.begin(root(), "POST", "/lost"))).isNotNull();

        end(now(audit.begin(root(), "POST", "/kept")), 200);
        assertThat(all(500)).extracting(Entry::path).contains("/kept").doesNotContain("/lost");
    }

    private static List<Entry> all(int limit) {
        var entries = new ArrayList<Entry>();
        Long before = Audit.NEWEST;
        while (before != null) {
            var page = now(audit.list(limit, before));
            assertThat(page.entries()).hasSizeLessThanOrEqualTo(limit);
            entries.addAll(page.entries());
            before = page.nextBefore();
        }
        return entries;
    }

    private static void end(Running running, int status) {
        now(running.end(status, Notes.NONE));
    }

    private static Caller caller(String login) {
        return new Caller(login, login, "", List.of(), List.of(), false, List.of());
    }

    private static <T> T now(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
    }
}

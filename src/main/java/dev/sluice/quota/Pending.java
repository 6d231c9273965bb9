package dev.sluice.quota;

import dev.sluice.quota.QuotaBucket.Journaled;
import dev.sluice.quota.QuotaBucket.NotJournaled;
import dev.sluice.quota.QuotaBucket.Reply;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;

/** What a bucket decided and the journal does not hold yet, and who waits for it. */
final class Pending {

    /** Changes in one event: bounds its size on disk, and what a crash can take with it. */
    static final int CHANGES_MAX = 512;

    /** Who asked, and the requests it waits for. */
    private record Waiting(List<String> reserved, List<String> closed) {}

    private final String bucket;
    private final Map<ActorRef<Reply>, Waiting> waiting = new HashMap<>();
    private final List<Runnable> afterwards = new ArrayList<>();
    private List<Change> changes = new ArrayList<>();
    private Instant at = Instant.EPOCH;

    Pending(String bucket) {
        this.bucket = bucket;
    }

    boolean isEmpty() {
        return changes.isEmpty();
    }

    boolean isFull() {
        return changes.size() >= CHANGES_MAX;
    }

    /** The instant of everything that is pending. */
    Instant at() {
        return at;
    }

    void add(Change change, Instant now) {
        at = now;
        changes.add(change);
    }

    void awaitReserved(String id, ActorRef<Reply> replyTo) {
        waiting(replyTo).reserved().add(id);
    }

    void awaitClosed(String id, ActorRef<Reply> replyTo) {
        waiting(replyTo).closed().add(id);
    }

    void afterwards(Runnable action) {
        afterwards.add(action);
    }

    Batch take() {
        var batch = new Batch(at, changes);
        changes = new ArrayList<>();
        return batch;
    }

    /** The journal holds all that was taken. */
    void acknowledge() {
        tell(Journaled::new);
        afterwards.forEach(Runnable::run);
        afterwards.clear();
    }

    /** Forgets everything, as a crash would. */
    void fail() {
        changes = new ArrayList<>();
        afterwards.clear();
        tell(NotJournaled::new);
    }

    private void tell(Outcome reply) {
        waiting.forEach((replyTo, ids) -> replyTo.tell(reply.of(bucket, ids.reserved(), ids.closed())));
        waiting.clear();
    }

    private Waiting waiting(ActorRef<Reply> replyTo) {
        return waiting.computeIfAbsent(replyTo, _ -> new Waiting(new ArrayList<>(), new ArrayList<>()));
    }

    private interface Outcome {
        Reply of(String bucket, List<String> reserved, List<String> closed);
    }
}

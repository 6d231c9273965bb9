package dev.sluice.session;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * Events that wait for one journal write together, and whom to tell afterwards.
 *
 * <p>An entity takes no command while it persists, so one write a command would make the disk's latency the entity's speed.
 * Instead it puts what it decides into a batch that it flushes a little later; what came meanwhile makes the next batch.
 */
final class Batch<E> {
    /** Bounds the size of a journal write and what is decided again when it fails. */
    static final int MAX_EVENTS = 256;

    private final Map<String, E> events = new LinkedHashMap<>();
    private final List<Runnable> replies = new ArrayList<>();

    boolean isEmpty() {
        return events.isEmpty();
    }

    boolean isFull() {
        return events.size() >= MAX_EVENTS || replies.size() >= MAX_EVENTS;
    }

    @Nullable
    E get(String id) {
        return events.get(id);
    }

    /** The event that is to be written for this id: the first one. */
    E addIfAbsent(String id, E event) {
        var first = events.putIfAbsent(id, event);
        return first == null ? event : first;
    }

    /** Every answer belongs to an event of this batch. */
    <R> void thenTell(ActorRef<R> replyTo, R reply) {
        replies.add(() -> replyTo.tell(reply));
    }

    List<E> events() {
        return List.copyOf(events.values());
    }

    void acknowledge() {
        replies.forEach(Runnable::run);
    }
}

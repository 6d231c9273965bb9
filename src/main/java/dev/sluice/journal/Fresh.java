package dev.sluice.journal;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tagged events that were committed last, as the objects they were. Who follows a tag and has fallen no further behind than this need
 * not read from the file what this very process has just turned into bytes.
 *
 * <p>Every tagged event beyond {@code floor} is here, unless it was deleted; for what lies before it the file is asked. So whatever makes
 * this doubtful (a rollback, too many events) raises the floor, and costs a read.
 */
final class Fresh {
    /** A follower who comes every tenth of a second finds all that the busiest node wrote. */
    private static final int MAX_EVENTS = 4096;

    private static final long MAX_BYTES = 4 << 20;

    private final ArrayDeque<StoredEvent> events = new ArrayDeque<>();
    private long floor;
    private long bytes;

    Fresh(long floor) {
        this.floor = floor;
    }

    /** Committed, in the order of their orderings. */
    synchronized void add(List<StoredEvent> committed) {
        for (var event : committed) {
            if (event.ordering() > floor) {
                events.addLast(event);
                bytes += event.payload().bytes().length;
            }
        }
        while (events.size() > MAX_EVENTS || bytes > MAX_BYTES) {
            floor = removeFirst().ordering();
        }
    }

    /** What was committed up to this ordering is in the file, if anywhere. */
    synchronized void forget(long upTo) {
        floor = Math.max(floor, upTo);
        while (!events.isEmpty() && events.getFirst().ordering() <= floor) {
            removeFirst();
        }
    }

    synchronized void delete(String persistenceId, long toSeq) {
        events.removeIf(event -> {
            var gone = event.seq() <= toSeq && event.persistenceId().equals(persistenceId);
            bytes -= gone ? event.payload().bytes().length : 0;
            return gone;
        });
    }

    /**
     * All that follows an ordering, whose follower has no use for what came before it; another one finds that in the file.
     *
     * @return null if the file must be asked
     */
    synchronized @Nullable List<StoredEvent> after(String tag, long ordering) {
        if (ordering < floor) {
            return null;
        }
        var following = new ArrayList<StoredEvent>();
        for (var youngest = events.descendingIterator(); youngest.hasNext(); ) {
            var event = youngest.next();
            if (event.ordering() <= ordering) {
                break;
            }
            if (event.tags().contains(tag)) {
                following.add(event);
            }
        }
        Collections.reverse(following);
        forget(ordering);
        return following;
    }

    private StoredEvent removeFirst() {
        var first = events.removeFirst();
        bytes -= first.payload().bytes().length;
        return first;
    }
}

package dev.sluice.proxy;

import dev.sluice.wire.Answer;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.actor.typed.ActorSystem;

/**
 * Responses that are answered and not over: their providers go on with them in the background ({@code "background": true}), and
 * what they used shows only when somebody fetches them.
 *
 * <p>The rule: the money set aside for one stays set aside until this node sees its end in a follow-up, and then its cost is settled
 * by the usage told there, to the nanodollar. If nobody fetches it in time ({@code sluice.clocks.background}), or the node goes down before, it is charged
 * its worst case, which was set aside. If the node dies, the reservation without an owner is charged the same. Each is charged once:
 * whoever takes it out of here closes it, and what is closed is closed.
 *
 * <p>We chose that over charging the worst case at once, because that would be a wrong figure for every such response; over fetching it
 * ourselves, because that would be requests which nobody made; and over charging nothing at first, because whoever never
 * fetches would never pay.
 */
final class Background {
    /** At a few kB each, their requests' bodies having been let go. */
    private static final int MOST = 4_096;

    private record Key(String login, String responseId) {}

    private final ActorSystem<?> system;
    private final Duration window;
    private final Map<Key, Underway> waiting = new ConcurrentHashMap<>();
    private final AtomicBoolean closed = new AtomicBoolean();

    Background(ActorSystem<?> system, Duration window) {
        this.system = system;
        this.window = window;
    }

    /** Keeps a request open whose response goes on; false when there is no room, or no time left. */
    boolean keep(Underway request, String responseId) {
        var key = new Key(request.call().caller().login(), responseId);
        if (closed.get() || waiting.size() >= MOST || waiting.putIfAbsent(key, request) != null) {
            return false;
        }
        system.scheduler().scheduleOnce(window, () -> give(key), system.executionContext());
        if (closed.get()) {
            // The door was shut meanwhile, and whoever shut it may not have seen this one.
            give(key);
        }
        return true;
    }

    /** A follow-up has shown what has become of a response. */
    void seen(String login, String responseId, Answer answer) {
        if (!answer.isUnderWay() && responseId.equals(answer.responseId()) && isOver(answer)) {
            taken(new Key(login, responseId)).ifPresent(request -> request.settled(answer));
        }
    }

    private static boolean isOver(Answer answer) {
        return answer.usage() != null || answer.finishReason() != null;
    }

    /** Nobody will see what becomes of them any more. */
    void close() {
        closed.set(true);
        waiting.keySet().forEach(this::give);
    }

    private void give(Key key) {
        taken(key).ifPresent(Underway::settledUnseen);
    }

    private Optional<Underway> taken(Key key) {
        return Optional.ofNullable(waiting.remove(key));
    }
}

package dev.sluice.hook;

import dev.sluice.hook.Hooks.DeadLetter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;

/** Where letters lie until they are delivered. */
interface Letters {
    /** What an earlier process has left. */
    record Left(List<Letter> letters, Map<String, Totals> totals) {}

    record Totals(long delivered, long dead) {
        Totals plus(Totals other) {
            return new Totals(delivered + other.delivered, dead + other.dead);
        }
    }

    /** A letter that was given up. */
    record Dead(Letter letter, long died, String reason) {}

    /** What has become of letters since the last time. */
    record Changes(List<Letter> delivered, List<Letter> later, List<Dead> dead) {
        boolean isEmpty() {
            return delivered.isEmpty() && later.isEmpty() && dead.isEmpty();
        }

        int size() {
            return delivered.size() + later.size() + dead.size();
        }
    }

    CompletionStage<Left> left();

    /** From now on it gets letters that others leave behind, and hears which of its own are no longer its business. */
    void open(ActorRef<Postman.Message> postman);

    /**
     * Completes when they are delivered even if this process dies.
     *
     * @param bytes that they hold in memory
     */
    CompletionStage<Done> add(List<Letter> letters, long bytes);

    /** Empty when it is no longer there. */
    CompletionStage<Optional<byte[]>> body(Letter letter);

    CompletionStage<Done> apply(Changes changes);

    /** The latest, latest first. */
    CompletionStage<List<DeadLetter>> dead(int most);
}

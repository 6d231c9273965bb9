package dev.sluice.session;

import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * A command on its way to an entity until the entity has answered.
 *
 * @param path     sends the command
 * @param answered takes the answer, on the courier's thread
 * @param lost     what to do instead of sending again when no answer came; null to send again until one does
 * @param dropped  called when the node goes down before an answer came
 */
record Errand(Path path, Consumer<Reply> answered, @Nullable Runnable lost, Runnable dropped) {

    /** The way to an entity. */
    @FunctionalInterface
    interface Path {
        void send(long number, ActorRef<Reply> replyTo);
    }
}

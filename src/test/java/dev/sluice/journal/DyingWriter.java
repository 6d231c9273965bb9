package dev.sluice.journal;

import java.nio.file.Path;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * A process that writes until it is killed, and prints what was acknowledged: {@code entity number}, a line each. Arguments: directory,
 * name of this life.
 */
final class DyingWriter {
    private static final int ENTITIES = 16;

    private DyingWriter() {}

    public static void main(String[] args) {
        ActorSystem.create(root(args[1]), "dying", TestStorage.config(Path.of(args[0])));
    }

    private static Behavior<Done> root(String life) {
        return Behaviors.setup(context -> {
            for (var i = 0; i < ENTITIES; i++) {
                var id = "entity-" + i;
                context.spawn(author(context.spawn(Diary.create(id), id), id, life), "author-" + i);
            }
            return Behaviors.empty();
        });
    }

    /** Keeps a few lines under way at a time; acknowledgements come in order. */
    private static Behavior<Done> author(ActorRef<Diary.Command> diary, String id, String life) {
        return Behaviors.setup(context -> {
            var acknowledged = new long[1];
            for (var line = 1; line <= 4; line++) {
                diary.tell(new Diary.Note(life + " " + line, context.getSelf()));
            }
            return Behaviors.receiveMessage(_ -> {
                acknowledged[0]++;
                print(id + " " + life + " " + acknowledged[0]);
                diary.tell(new Diary.Note(life + " " + (acknowledged[0] + 4), context.getSelf()));
                return Behaviors.same();
            });
        });
    }

    @SuppressWarnings("SystemOut") // The lines are what the test reads.
    private static void print(String line) {
        System.out.println(line);
    }
}

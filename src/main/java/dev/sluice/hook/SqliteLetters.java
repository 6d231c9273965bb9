package dev.sluice.hook;

import dev.sluice.hook.Hooks.DeadLetter;
import dev.sluice.journal.RoomStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.actor.typed.ActorRef;

/** Letters in a file of this node, which nobody else has. */
record SqliteLetters(RoomStore database) implements Letters {
    static SqliteLetters open(ClassicActorSystemProvider system) {
        return new SqliteLetters(RoomStore.open(system, HookTables.LAYOUT));
    }

    /** Whether there is such a file. */
    static boolean exist(ClassicActorSystemProvider system) {
        var directory = system.classicSystem().settings().config().getString("sluice.storage.directory");
        return Files.exists(Path.of(directory, HookTables.LAYOUT.name() + ".db"));
    }

    @Override
    public CompletionStage<Left> left() {
        return database.read(HookTables::left);
    }

    @Override
    public void open(ActorRef<Postman.Message> postman) {
        // Whatever there is was left to this process, and is its business until it dies.
    }

    @Override
    public CompletionStage<Done> add(List<Letter> letters, long bytes) {
        return database.write(connection -> HookTables.add(connection, letters), bytes);
    }

    @Override
    public CompletionStage<Optional<byte[]>> body(Letter letter) {
        return database.read(connection -> HookTables.body(connection, letter.id));
    }

    @Override
    public CompletionStage<Done> apply(Changes changes) {
        return database.write(connection -> HookTables.apply(connection, changes));
    }

    @Override
    public CompletionStage<List<DeadLetter>> dead(int most) {
        return database.read(connection -> HookTables.dead(connection, most));
    }
}

package dev.sluice.key;

import dev.sluice.journal.Roll;
import dev.sluice.journal.Storage;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.stream.javadsl.Sink;

/**
 * Keys on Cassandra. The journal has events by tag in a partition an hour: who wants those of all years asks for each hour of them. So a key is noted
 * in the roll before it is made; a node that starts reads that, and the journal only from there on. A key that was noted and then not
 * made is nobody's: it was shown to no one, and lists ask each key itself.
 */
final class KeyRollInCassandra implements KeyRoll {
    /** More than the clocks of nodes differ, and than a key takes to be made. */
    private static final Duration OVERLAP = Duration.ofMinutes(2);

    private final ActorSystem<?> system;
    private final InstantSource clock;
    private final Roll roll;
    private final Serialization serialization;

    KeyRollInCassandra(ActorSystem<?> system, InstantSource clock) {
        this.system = system;
        this.clock = clock;
        this.roll = Roll.of(system, GatewayKey.KEY.name());
        this.serialization = SerializationExtension.get(system);
    }

    @Override
    public CompletionStage<Done> enter(KeyCreated key) {
        var written = serialization.serialize(key);
        return written.isFailure()
                ? CompletableFuture.failedStage(written.failed().get())
                : roll.note(key.key().id(), ByteBuffer.wrap(written.get()));
    }

    @Override
    public CompletionStage<Done> follow(Consumer<KeyCreated> listener) {
        var begun = clock.instant();
        return roll.notes()
                .map(this::read)
                .runWith(Sink.foreach(listener::accept), system)
                .thenApply(done -> {
                    new KeyRoll.Live(system, Storage.inCassandra(begun.minus(OVERLAP)), listener).run();
                    return done;
                });
    }

    private KeyCreated read(ByteBuffer note) {
        var bytes = new byte[note.remaining()];
        note.duplicate().get(bytes);
        return serialization.deserialize(bytes, KeyCreated.class).get();
    }
}

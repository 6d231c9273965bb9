package dev.sluice.capture;

import dev.sluice.cassandra.CassandraStore;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/** Frames as rows: Cassandra takes no row of more than some megabytes, and likes none of more than one. */
record Slices(ActorSystem<?> system, CassandraStore store) {
    private static final int SLICE = 512 << 10;
    private static final int AT_ONCE = 4;

    /** Writes one slice of so many. */
    interface Writing {
        CompletionStage<Done> write(int slice, int of, ByteBuffer bytes);
    }

    /** The first comes last: as long as it is not there, nothing is. */
    static CompletionStage<Done> write(byte[] frame, Writing writing) {
        var count = Math.max(1, Math.ceilDiv(frame.length, SLICE));
        CompletionStage<Done> done = CompletableFuture.completedStage(Done.getInstance());
        for (var nth = count - 1; nth >= 0; nth--) {
            var slice = nth;
            var from = slice * SLICE;
            var bytes = ByteBuffer.wrap(frame, from, Math.min(SLICE, frame.length - from));
            done = done.thenCompose(_ -> writing.write(slice, count, bytes));
        }
        return done;
    }

    /**
     * A frame whose first slice was read; empty when another one is gone.
     *
     * @param cql that selects the frame of one slice, whose number is bound last
     */
    CompletionStage<Optional<byte[]>> read(ByteBuffer first, int count, String cql, Object... key) {
        if (count <= 1) {
            return CompletableFuture.completedStage(Optional.of(bytes(first)));
        }
        return Source.from(IntStream.range(1, count).boxed().toList())
                .mapAsync(AT_ONCE, slice -> {
                    var values = Arrays.copyOf(key, key.length + 1);
                    values[key.length] = slice;
                    return store.read(cql, values);
                })
                .runWith(Sink.seq(), system)
                .thenApply(rows -> {
                    var all = new ArrayList<byte[]>();
                    all.add(bytes(first));
                    for (var row : rows) {
                        var bytes = row.isEmpty() ? null : row.getFirst().getByteBuffer("frame");
                        if (bytes == null) {
                            return Optional.empty();
                        }
                        all.add(bytes(bytes));
                    }
                    var joined = new ByteWriter(
                            all.stream().mapToInt(it -> it.length).sum());
                    all.forEach(it -> joined.raw(it, 0, it.length));
                    return Optional.of(joined.toBytes());
                });
    }

    static byte[] bytes(ByteBuffer buffer) {
        var bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }
}

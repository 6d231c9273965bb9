package dev.sluice.journal;

import com.datastax.oss.driver.api.core.cql.Row;
import dev.sluice.cassandra.CassandraStore;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.stream.javadsl.Source;

/**
 * Which entities of one kind there are, in Cassandra. The journal there lists the entities of all kinds or none, sessions included, which are
 * millions: whoever has to find entities that nobody names writes them down here, before they have their first event.
 */
public final class Roll {
    /** Never to be changed: it says in which partition a row lies. */
    private static final int SLICES = 32;

    private static final String MARK =
            "UPDATE roll USING TIMESTAMP ? SET awake = ? WHERE kind = ? AND slice = ? AND name = ?";
    private static final String NOTE =
            "UPDATE roll USING TIMESTAMP ? SET note = ? WHERE kind = ? AND slice = ? AND name = ?";
    private static final String MARKS = "SELECT name, awake FROM roll WHERE kind = ? AND slice = ?";
    private static final String NOTES = "SELECT name, note FROM roll WHERE kind = ? AND slice = ?";

    /** An entity that there is, or that somebody was about to make. */
    public record Marked(String name, boolean awake) {}

    private final CassandraStore store;
    private final String kind;

    /**
     * The roll of a kind of entities.
     *
     * @param kind as it lies in Cassandra; never to be changed
     */
    public static Roll of(ClassicActorSystemProvider system, String kind) {
        return new Roll(CassandraStore.get(system), kind);
    }

    private Roll(CassandraStore store, String kind) {
        this.store = store;
        this.kind = kind;
    }

    /**
     * Says whether an entity is awake. Of several calls the one with the highest version holds, in whatever order they arrive, and from
     * whatever node: clocks have no say in it.
     */
    public CompletionStage<Done> mark(String name, long version, boolean awake) {
        return write(MARK, version, awake, kind, slice(name), name);
    }

    /** Keeps what there is to say about an entity, once and for all. */
    public CompletionStage<Done> note(String name, ByteBuffer note) {
        return write(NOTE, 1L, note, kind, slice(name), name);
    }

    /** All that were ever marked. */
    public Source<Marked, NotUsed> marks() {
        return rows(MARKS)
                .filter(row -> !row.isNull(1))
                .map(row -> new Marked(Objects.requireNonNull(row.getString(0)), row.getBoolean(1)));
    }

    /** All that was ever noted. */
    public Source<ByteBuffer, NotUsed> notes() {
        return rows(NOTES).filter(row -> !row.isNull(1)).map(row -> Objects.requireNonNull(row.getByteBuffer(1)));
    }

    private CompletionStage<Done> write(String cql, Object... values) {
        return store.tables("roll").thenCompose(_ -> store.write(cql, values));
    }

    private Source<Row, NotUsed> rows(String cql) {
        return Source.completionStageSource(store.tables("roll")
                        .thenApply(
                                _ -> Source.range(0, SLICES - 1).flatMapConcat(slice -> store.rows(cql, kind, slice))))
                .mapMaterializedValue(_ -> NotUsed.notUsed());
    }

    private static int slice(String name) {
        return Math.floorMod(name.hashCode(), SLICES);
    }
}

package dev.sluice.journal;

import com.datastax.oss.driver.api.core.uuid.Uuids;
import java.time.Instant;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.persistence.query.Offset;

/** Where a node keeps what must outlive it, as {@code sluice.storage.kind} says. Rooms ask when they open; nobody else needs to know. */
public final class Storage {

    /** One node's files, or what several nodes share. */
    public enum Kind {
        SQLITE,
        CASSANDRA
    }

    private Storage() {}

    /**
     * What a system is set to.
     *
     * @throws IllegalArgumentException when it is neither, or when Pekko's journal is not of that kind
     */
    public static Kind kind(ClassicActorSystemProvider system) {
        var config = system.classicSystem().settings().config();
        var kind = config.hasPath("sluice.storage.kind") ? kind(config.getString("sluice.storage.kind")) : Kind.SQLITE;
        var plugin = config.getString("pekko.persistence.journal.plugin");
        if (kind == Kind.CASSANDRA && !plugin.startsWith("pekko.persistence.cassandra")) {
            throw new IllegalArgumentException("sluice.storage.kind: cassandra, but the journal is " + plugin
                    + " (expected: settings that include conf/cassandra.conf)");
        }
        return kind;
    }

    /** The plugin that finds events by entity and by tag. */
    public static String queries(ClassicActorSystemProvider system) {
        return switch (kind(system)) {
            case SQLITE -> "sluice.journal.query";
            case CASSANDRA -> "pekko.persistence.cassandra.query";
        };
    }

    /** Where Cassandra's events by tag begin that were written since then. */
    public static Offset inCassandra(Instant since) {
        return Offset.timeBasedUUID(Uuids.startOf(since.toEpochMilli()));
    }

    private static Kind kind(String value) {
        return switch (value) {
            case "sqlite" -> Kind.SQLITE;
            case "cassandra" -> Kind.CASSANDRA;
            default ->
                throw new IllegalArgumentException(
                        "sluice.storage.kind: " + value + " (expected: sqlite or cassandra)");
        };
    }
}

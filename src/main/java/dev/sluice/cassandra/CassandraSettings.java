package dev.sluice.cassandra;

import com.typesafe.config.Config;
import dev.sluice.config.Secret;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** What {@code sluice.cassandra} says; a record that exists is valid. */
record CassandraSettings(
        List<InetSocketAddress> contactPoints,
        String localDatacenter,
        String keyspace,
        Schema schema,
        int replicationFactor,
        String user,
        Secret password,
        boolean tls,
        String trust,
        Duration connectTimeout,
        Duration requestTimeout,
        int inFlight,
        int waiting,
        int connections,
        int pageRows,
        String dispatcher) {

    /** What happens to tables when a node starts. */
    enum Schema {
        CREATE,
        CHECK
    }

    /** It becomes part of statements, where nothing can be bound. */
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]{0,47}");

    private static final int PORT = 9042;

    CassandraSettings {
        if (contactPoints.isEmpty()) {
            throw new IllegalArgumentException(
                    "sluice.cassandra.contact-points: [] (expected: HOST:PORT of at least one Cassandra)");
        }
        if (localDatacenter.isEmpty()) {
            throw new IllegalArgumentException(
                    "sluice.cassandra.local-datacenter: \"\" (expected: the data center of this node's Cassandras)");
        }
        if (!NAME.matcher(keyspace).matches()) {
            throw new IllegalArgumentException("sluice.cassandra.keyspace: \"" + keyspace
                    + "\" (expected: a letter, then up to 47 letters, digits and _, in lower case)");
        }
        if (user.isEmpty() != password.isEmpty()) {
            throw new IllegalArgumentException("sluice.cassandra: "
                    + (user.isEmpty() ? "a password without a user" : "a user without a password")
                    + " (expected: both, or none)");
        }
        positive("replication-factor", replicationFactor);
        positive("connect-timeout", connectTimeout.toMillis());
        positive("request-timeout", requestTimeout.toMillis());
        positive("in-flight", inFlight);
        positive("waiting", waiting);
        positive("connections", connections);
        positive("page-rows", pageRows);
    }

    static CassandraSettings of(Config root) {
        var config = root.getConfig("sluice.cassandra");
        return new CassandraSettings(
                config.getStringList("contact-points").stream()
                        .map(CassandraSettings::address)
                        .toList(),
                config.getString("local-datacenter"),
                config.getString("keyspace"),
                schema(config.getString("schema")),
                config.getInt("replication-factor"),
                config.getString("user"),
                Secret.of(config.getString("password")),
                config.getBoolean("tls.on"),
                config.getString("tls.trust"),
                config.getDuration("connect-timeout"),
                config.getDuration("request-timeout"),
                config.getInt("in-flight"),
                config.getInt("waiting"),
                config.getInt("connections"),
                config.getInt("page-rows"),
                config.getString("dispatcher"));
    }

    private static InetSocketAddress address(String text) {
        var colon = text.lastIndexOf(':');
        // An address of IPv6 has colons of its own, and stands in brackets when a port follows.
        var bare = colon < 0 || text.endsWith("]") || (text.indexOf(':') != colon && !text.startsWith("["));
        var host = bare ? text : text.substring(0, colon);
        try {
            var port = bare ? PORT : Integer.parseInt(text.substring(colon + 1));
            // Looked up by the driver, each time it connects: addresses of Cassandras change.
            return InetSocketAddress.createUnresolved(host.replaceAll("[\\[\\]]", ""), port);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "sluice.cassandra.contact-points: \"" + text + "\" (expected: HOST:PORT)", e);
        }
    }

    private static Schema schema(String value) {
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "create" -> Schema.CREATE;
            case "check" -> Schema.CHECK;
            default ->
                throw new IllegalArgumentException(
                        "sluice.cassandra.schema: " + value + " (expected: create or check)");
        };
    }

    private static void positive(String key, long value) {
        if (value <= 0) {
            throw new IllegalArgumentException("sluice.cassandra." + key + ": " + value + " (expected: > 0)");
        }
    }
}

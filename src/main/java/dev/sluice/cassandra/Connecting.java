package dev.sluice.cassandra;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.CqlSessionBuilder;
import com.datastax.oss.driver.api.core.config.DefaultDriverOption;
import com.datastax.oss.driver.api.core.config.DriverConfigLoader;
import com.datastax.oss.driver.api.core.cql.SimpleStatement;
import com.datastax.oss.driver.api.core.ssl.ProgrammaticSslEngineFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Makes the driver's session from our settings. */
record Connecting(CassandraSettings settings) {

    /** What Pekko's plugins ask with. Theirs are QUORUM and, for snapshots, ONE. */
    private static final List<String> PROFILES =
            List.of("pekko-persistence-cassandra-profile", "pekko-persistence-cassandra-snapshot-profile");

    private static final Duration LONGEST_REST = Duration.ofSeconds(5);

    /** Tables and keyspaces take Cassandra longer than rows. */
    static final Duration SCHEMA_TIMEOUT = Duration.ofSeconds(60);

    CompletionStage<CqlSession> session() {
        return settings.schema() == CassandraSettings.Schema.CREATE
                ? withoutKeyspace()
                        .thenCompose(
                                _ -> builder().withKeyspace(settings.keyspace()).buildAsync())
                : builder().withKeyspace(settings.keyspace()).buildAsync();
    }

    /** A session of its own, because one that is asked for a keyspace does not begin without it. */
    private CompletionStage<Void> withoutKeyspace() {
        return builder().buildAsync().thenCompose(session -> {
            CompletionStage<?> made = session.executeAsync(SimpleStatement.newInstance(
                            "CREATE KEYSPACE IF NOT EXISTS %s WITH replication = {'class': 'NetworkTopologyStrategy', '%s': %d}"
                                    .formatted(
                                            settings.keyspace(),
                                            settings.localDatacenter().replace("'", "''"),
                                            settings.replicationFactor()))
                    .setTimeout(SCHEMA_TIMEOUT));
            return made.handle((_, failure) -> session.closeAsync().<Void>thenApply(_ -> {
                        if (failure != null) {
                            throw new IllegalStateException(
                                    "sluice.cassandra.keyspace: " + settings.keyspace() + " could not be made",
                                    failure);
                        }
                        return null;
                    }))
                    .thenCompose(closed -> closed);
        });
    }

    private CqlSessionBuilder builder() {
        var builder = CqlSession.builder()
                .withConfigLoader(loader())
                .withLocalDatacenter(settings.localDatacenter())
                .addContactPoints(settings.contactPoints());
        if (!settings.user().isEmpty()) {
            builder = builder.withAuthCredentials(
                    settings.user(), settings.password().reveal());
        }
        return settings.tls()
                ? builder.withSslEngineFactory(new ProgrammaticSslEngineFactory(trust(), null, true))
                : builder;
    }

    private DriverConfigLoader loader() {
        var loader = DriverConfigLoader.programmaticBuilder(
                        // Said, because the second session is made on a thread of the first, which has none of its own.
                        Connecting.class.getClassLoader())
                .withString(DefaultDriverOption.SESSION_NAME, "sluice")
                // A Cassandra that is away at a start is waited for, as it is later.
                .withBoolean(DefaultDriverOption.RECONNECT_ON_INIT, true)
                .withDuration(DefaultDriverOption.RECONNECTION_BASE_DELAY, Duration.ofMillis(500))
                // One that comes back is to be found within seconds, not after the minute that the driver would rest.
                .withDuration(DefaultDriverOption.RECONNECTION_MAX_DELAY, LONGEST_REST)
                .withBoolean(DefaultDriverOption.RESOLVE_CONTACT_POINTS, false)
                .withDuration(DefaultDriverOption.CONNECTION_CONNECT_TIMEOUT, settings.connectTimeout())
                .withDuration(DefaultDriverOption.CONNECTION_INIT_QUERY_TIMEOUT, settings.connectTimeout())
                .withDuration(DefaultDriverOption.CONTROL_CONNECTION_TIMEOUT, settings.connectTimeout())
                .withDuration(DefaultDriverOption.REQUEST_TIMEOUT, settings.requestTimeout())
                .withString(DefaultDriverOption.REQUEST_CONSISTENCY, "LOCAL_QUORUM")
                .withString(DefaultDriverOption.REQUEST_SERIAL_CONSISTENCY, "LOCAL_SERIAL")
                // Rooms write absolute values; what is not so says it (writeIf).
                .withBoolean(DefaultDriverOption.REQUEST_DEFAULT_IDEMPOTENCE, true)
                .withInt(DefaultDriverOption.REQUEST_PAGE_SIZE, settings.pageRows())
                .withInt(DefaultDriverOption.CONNECTION_POOL_LOCAL_SIZE, settings.connections())
                .withString(DefaultDriverOption.REQUEST_THROTTLER_CLASS, "ConcurrencyLimitingRequestThrottler")
                .withInt(DefaultDriverOption.REQUEST_THROTTLER_MAX_CONCURRENT_REQUESTS, settings.inFlight())
                .withInt(DefaultDriverOption.REQUEST_THROTTLER_MAX_QUEUE_SIZE, settings.waiting())
                .withString(DefaultDriverOption.METRICS_FACTORY_CLASS, "NoopMetricsFactory")
                // It carries bytes, and takes nothing apart but frames: one thread is enough for what one node writes.
                .withInt(DefaultDriverOption.NETTY_IO_SIZE, 1)
                .withInt(DefaultDriverOption.NETTY_ADMIN_SIZE, 1)
                .withBoolean(DefaultDriverOption.NETTY_DAEMON, true)
                // Whoever closes has no more to say.
                .withInt(DefaultDriverOption.NETTY_IO_SHUTDOWN_QUIET_PERIOD, 0)
                .withInt(DefaultDriverOption.NETTY_ADMIN_SHUTDOWN_QUIET_PERIOD, 0);
        for (var profile : PROFILES) {
            loader = loader.startProfile(profile)
                    .withString(DefaultDriverOption.REQUEST_CONSISTENCY, "LOCAL_QUORUM")
                    .withString(DefaultDriverOption.REQUEST_SERIAL_CONSISTENCY, "LOCAL_SERIAL")
                    .withBoolean(DefaultDriverOption.REQUEST_DEFAULT_IDEMPOTENCE, true)
                    .endProfile();
        }
        return loader.build();
    }

    private SSLContext trust() {
        try {
            var context = SSLContext.getInstance("TLS");
            if (settings.trust().isEmpty()) {
                context.init(null, null, null);
                return context;
            }
            var store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            try (var file = Files.newInputStream(Path.of(settings.trust()))) {
                for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(file)) {
                    store.setCertificateEntry("authority-" + store.size(), certificate);
                }
            }
            var managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            managers.init(store);
            context.init(null, managers.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalArgumentException(
                    "sluice.cassandra.tls.trust: " + settings.trust() + " (expected: a PEM file with certificates)", e);
        }
    }
}

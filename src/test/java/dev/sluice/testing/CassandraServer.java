package dev.sluice.testing;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.config.DefaultDriverOption;
import com.datastax.oss.driver.api.core.config.DriverConfigLoader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A real Cassandra in a process of its own, one for all tests of this JVM; each takes a keyspace of its own. It is killed, and its files are
 * deleted, when the JVM ends. Tests that stop it start it again before they end, so that the next one finds it.
 */
public final class CassandraServer {
    private static final Duration STARTING = Duration.ofMinutes(2);
    private static final AtomicInteger KEYSPACES = new AtomicInteger();

    private final Path directory;
    private final String host;
    private final int port;
    private final int storagePort;
    private Process process;

    private CassandraServer(Path directory, String host, int port, int storagePort) {
        this.directory = directory;
        this.host = host;
        this.port = port;
        this.storagePort = storagePort;
        this.process = launch();
    }

    private static final class Shared {
        static final CassandraServer SERVER = start("127.0.0.1");
    }

    /** The one of this JVM, started by the first who asks; it takes requests. */
    public static CassandraServer shared() {
        return Shared.SERVER;
    }

    /** One more, for who needs it elsewhere than on the loopback; it, too, ends with this JVM. */
    public static CassandraServer start(String host) {
        try {
            var server = new CassandraServer(
                    Files.createTempDirectory("cassandra"), host, FreePorts.take(), FreePorts.take());
            Runtime.getRuntime().addShutdownHook(new Thread(server::vanish, "cassandra-end"));
            server.awaitUp();
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Process launch() {
        try {
            return new ProcessBuilder(
                            Path.of("cluster", "local", "cassandra")
                                    .toAbsolutePath()
                                    .toString(),
                            directory.toString(),
                            host,
                            Integer.toString(port),
                            Integer.toString(storagePort))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path log() {
        return directory.resolve("cassandra.log");
    }

    public int port() {
        return port;
    }

    /** {@code HOST:PORT}, as {@code sluice.cassandra.contact-points} has it. */
    public String contactPoint() {
        return host + ":" + port;
    }

    /** A name that no other test of this JVM has got. */
    public static String freshKeyspace() {
        return "sluice_" + KEYSPACES.incrementAndGet();
    }

    /** Node settings, as an operator would write them, that lead here: laid over {@code conf/cassandra.conf}. */
    public String settings(String keyspace) {
        return """
                include file("%s")
                sluice.cassandra {
                  contact-points = ["%s"]
                  local-datacenter = "datacenter1"
                  keyspace = "%s"
                  schema = create
                  replication-factor = 1
                }
                """.formatted(Path.of("conf", "cassandra.conf").toAbsolutePath(), contactPoint(), keyspace);
    }

    /** A session of the test's own, beside the one that is tested. */
    public CqlSession session() {
        return CqlSession.builder()
                .addContactPoint(new InetSocketAddress(host, port))
                .withLocalDatacenter("datacenter1")
                .withConfigLoader(DriverConfigLoader.programmaticBuilder()
                        .withDuration(DefaultDriverOption.REQUEST_TIMEOUT, Duration.ofSeconds(20))
                        .build())
                .build();
    }

    /** SIGKILL: nothing is flushed, nobody is told. */
    public void kill() {
        try {
            process.destroyForcibly();
            process.waitFor(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** SIGSTOP: it is there, and says nothing. */
    public void pause() {
        Signals.send(process, "STOP");
    }

    /** SIGCONT, after {@link #pause}. */
    public void resume() {
        Signals.send(process, "CONT");
    }

    /** After {@link #kill}, over what it had written. */
    public void startAgain() {
        if (process.isAlive()) {
            return;
        }
        process = launch();
        awaitUp();
    }

    private void awaitUp() {
        Eventually.await(STARTING, () -> {
            if (!process.isAlive()) {
                throw new IllegalStateException("Cassandra did not start: " + Files.readString(log()));
            }
            try (var socket = new Socket()) {
                socket.connect(new InetSocketAddress(host, port), 1000);
            }
        });
    }

    private void vanish() {
        kill();
        try (var files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            // It is a temporary directory.
        }
    }
}

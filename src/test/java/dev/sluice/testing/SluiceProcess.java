package dev.sluice.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * The command line in a process of its own, for tests that end it as people and machines do.
 *
 * <p>It runs under the logging that users see, and its output goes to files, so that nobody has to read it for it to go on.
 */
public final class SluiceProcess implements AutoCloseable {
    private static final Pattern LISTENS = Pattern.compile("sluice listens on https?://127\\.0\\.0\\.1:(\\d+)");
    private static final Duration STARTING = Duration.ofSeconds(60);

    private final Process process;
    private final Path out;
    private final Path error;

    private SluiceProcess(Process process, Path out, Path error) {
        this.process = process;
        this.out = out;
        this.error = error;
    }

    public static SluiceProcess start(Path directory, String... arguments) {
        return start(directory, Map.of(), arguments);
    }

    public static SluiceProcess start(Path directory, Map<String, String> environment, String... arguments) {
        return start(directory, List.of(), environment, arguments);
    }

    /**
     * Starts a process.
     *
     * @param directory where it runs, and where its output is kept
     * @param entering  what its command begins with
     */
    public static SluiceProcess start(
            Path directory, List<String> entering, Map<String, String> environment, String... arguments) {
        return launch(directory, entering, environment, "dev.sluice.Main", arguments);
    }

    /**
     * Starts a node that has joined and does nothing: for tests of several that need no storage.
     *
     * @param settings of the node
     */
    public static SluiceProcess bareNode(Path directory, Map<String, String> environment, Path settings) {
        return launch(directory, List.of(), environment, BareNode.class.getName(), settings.toString());
    }

    private static SluiceProcess launch(
            Path directory, List<String> entering, Map<String, String> environment, String main, String... arguments) {
        var command = new ArrayList<>(entering);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xmx512m",
                // These processes live for seconds; the better compiler would only be in their way.
                "-XX:TieredStopAtLevel=1",
                "-Dlogback.configurationFile=logback.xml",
                "-cp",
                classPath(),
                main));
        command.addAll(List.of(arguments));
        try {
            var out = Files.createTempFile(directory, "out", ".txt");
            var error = Files.createTempFile(directory, "error", ".txt");
            var builder = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(error.toFile());
            builder.environment().keySet().removeIf(name -> name.startsWith("SLUICE_"));
            builder.environment().putAll(environment);
            return new SluiceProcess(builder.start(), out, error);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Absolute, because the process has a working directory of its own. */
    private static String classPath() {
        var paths = new ArrayList<String>();
        for (var path : System.getProperty("java.class.path").split(System.getProperty("path.separator"), -1)) {
            paths.add(Path.of(path).toAbsolutePath().toString());
        }
        return String.join(System.getProperty("path.separator"), paths);
    }

    /** Waits until it says where it listens. */
    public InetSocketAddress awaitAddress() {
        Eventually.await(STARTING, () -> {
            if (!process.isAlive()) {
                throw new IllegalStateException("it ended with " + process.exitValue() + ": " + out() + error());
            }
            assertThat(out()).containsPattern(LISTENS);
        });
        var said = LISTENS.matcher(out());
        assertThat(said.find()).isTrue();
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(said.group(1)));
    }

    /** Waits until it has ended by itself; fails when it does not. */
    public int awaitExit(Duration limit) {
        try {
            var ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
            assertThat(ended)
                    .as("it ended within %s; it said:\n%s%s", limit, out(), error())
                    .isTrue();
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** SIGTERM. */
    public void terminate() {
        process.destroy();
    }

    /** SIGKILL; returns when it is dead. */
    public void kill() {
        process.destroyForcibly();
        awaitExit(Duration.ofSeconds(60));
    }

    /** SIGSTOP: it is there, and does nothing. */
    public void pause() {
        Signals.send(process, "STOP");
    }

    /** SIGCONT, after {@link #pause}. */
    public void resume() {
        Signals.send(process, "CONT");
    }

    public String out() {
        return read(out);
    }

    public String error() {
        return read(error);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        kill();
    }
}

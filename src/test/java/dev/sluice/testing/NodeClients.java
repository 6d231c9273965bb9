package dev.sluice.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The providers' official clients, from npm, in a Node process.
 *
 * <p>{@code src/test/node/} holds the scripts and the lock file; they are installed once into {@code target/node}.
 */
public final class NodeClients {
    private static final Path SOURCE = Path.of("src/test/node");
    private static final Path INSTALLED = Path.of("target/node");
    private static final Duration INSTALLING = Duration.ofMinutes(5);
    private static final Duration RUNNING = Duration.ofMinutes(2);
    private static final ObjectMapper JSON = new ObjectMapper();

    /** One thing a script looked at. */
    public record Check(String name, boolean ok, String detail) {}

    private NodeClients() {}

    /**
     * Runs a script of {@code src/test/node} and asserts that every check of it held.
     *
     * @param environment {@code BASE_URL} at least; the scripts say in their first lines what else they read
     * @return the checks, for who wants to know that a certain one ran
     */
    public static List<Check> run(String script, Map<String, String> environment) {
        install();
        return checked(execute(RUNNING, environment, "node", script));
    }

    /** As {@link #run}, for a script that is content with what Node itself brings. */
    public static List<Check> runBare(String script, Map<String, String> environment) {
        try {
            Files.createDirectories(INSTALLED);
        } catch (IOException e) {
            throw new AssertionError("could not make " + INSTALLED.toAbsolutePath(), e);
        }
        return checked(execute(
                RUNNING,
                environment,
                "node",
                SOURCE.resolve(script).toAbsolutePath().toString()));
    }

    private static List<Check> checked(Output output) {
        var checks = output.text()
                .lines()
                .filter(line -> line.startsWith("{"))
                .map(NodeClients::check)
                .toList();
        assertThat(checks).as(output.text()).isNotEmpty().allMatch(Check::ok);
        assertThat(output.exit()).as(output.text()).isZero();
        return checks;
    }

    private static Check check(String line) {
        try {
            return JSON.readValue(line, Check.class);
        } catch (JsonProcessingException e) {
            return new Check("a line of the script is a check", false, line);
        }
    }

    /** Installs anew when the lock file differs from the one that was installed. */
    private static synchronized void install() {
        var done = INSTALLED.resolve("installed-lock.json");
        try {
            Files.createDirectories(INSTALLED);
            try (var files = Files.list(SOURCE)) {
                for (var file : files.filter(Files::isRegularFile).toList()) {
                    Files.copy(file, INSTALLED.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
                }
            }
            var lock = INSTALLED.resolve("package-lock.json");
            if (Files.exists(done) && Files.mismatch(lock, done) < 0) {
                return;
            }
            var output = execute(INSTALLING, Map.of(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund");
            assertThat(output.exit())
                    .as("npm ci in target/node:\n" + output.text())
                    .isZero();
            Files.copy(lock, done, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new AssertionError("could not prepare " + INSTALLED.toAbsolutePath(), e);
        }
    }

    private record Output(int exit, String text) {}

    private static Output execute(Duration limit, Map<String, String> environment, String... command) {
        try {
            var log = Files.createTempFile(INSTALLED, command[0], ".log");
            var builder = new ProcessBuilder(command)
                    .directory(INSTALLED.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile());
            builder.environment().putAll(environment);
            var process = started(builder, command[0]);
            var ended = process.waitFor(limit.toSeconds(), TimeUnit.SECONDS);
            process.destroyForcibly().waitFor();
            var text = Files.readString(log, StandardCharsets.UTF_8);
            Files.delete(log);
            assertThat(ended)
                    .as(String.join(" ", command) + " ran longer than " + limit + ":\n" + text)
                    .isTrue();
            return new Output(process.exitValue(), text);
        } catch (IOException e) {
            throw new AssertionError(String.join(" ", command), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private static Process started(ProcessBuilder builder, String program) {
        try {
            return builder.start();
        } catch (IOException e) {
            throw new AssertionError(
                    "This test needs " + program
                            + " on the PATH: install Node.js 20 or newer (https://nodejs.org), npm comes with it.",
                    e);
        }
    }
}

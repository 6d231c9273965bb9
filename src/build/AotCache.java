import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Has a packaged Sluice make its AOT cache: {@code AotCache SLUICE}, where {@code SLUICE} is its {@code bin/sluice}.
 *
 * <p>Run by the build in a process of its own, on the JDK that compiles the code, because a cache fits one build of the JDK only. A run that
 * fails or does not end fails the build and says why.
 */
final class AotCache {
    /** Some ten times of what it takes on two cores. */
    private static final Duration LIMIT = Duration.ofMinutes(4);

    private AotCache() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        var said = Files.createTempFile("sluice-aot", ".txt");
        try {
            var failure = failure(made(args[0], said));
            if (failure != null) {
                System.err.println(Files.readString(said));
                System.err.println(
                        "the AOT cache was not made: " + failure + " (-Dsluice.aot.skip packages without one)");
                System.exit(1);
            }
        } finally {
            Files.delete(said);
        }
    }

    private static Process made(String sluice, Path said) throws IOException {
        var builder =
                new ProcessBuilder(sluice, "aot").redirectErrorStream(true).redirectOutput(said.toFile());
        // What a person has set up for a gateway of their own is nothing to the build.
        builder.environment().keySet().removeIf(name -> name.startsWith("SLUICE_") || name.endsWith("JAVA_OPTIONS"));
        builder.environment()
                .put(
                        "SLUICE_JAVA",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString());
        return builder.start();
    }

    private static String failure(Process process) throws InterruptedException {
        if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
            return "nothing after " + LIMIT.toMinutes() + " minutes";
        }
        return process.exitValue() == 0 ? null : "exit " + process.exitValue();
    }
}

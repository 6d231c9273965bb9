package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.sluice.testing.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The AOT cache that packaging leaves in {@code target/sluice}: used where it fits, and where it does not, nobody notices. */
class AotCacheIT {
    private static final Path PACKAGED = Path.of("target/sluice").toAbsolutePath();
    private static final String FROM_THE_CACHE = "dev.sluice.Main source: shared objects file";

    @TempDir
    private Path directory;

    private Path moved;

    private record Run(int exit, String out, String error) {}

    /** What may have happened to it on its way. */
    enum Mishap {
        CUT_OFF {
            @Override
            void befall(Path lib) throws IOException {
                var bytes = Files.readAllBytes(lib.resolve("sluice.aot"));
                Files.write(replaced(lib), java.util.Arrays.copyOf(bytes, bytes.length / 2));
            }
        },
        DAMAGED {
            @Override
            void befall(Path lib) throws IOException {
                var bytes = Files.readAllBytes(lib.resolve("sluice.aot"));
                var damage = new byte[bytes.length / 4];
                new Random(7).nextBytes(damage);
                System.arraycopy(damage, 0, bytes, bytes.length / 3, damage.length);
                Files.write(replaced(lib), bytes);
            }
        },
        NONE_AT_ALL {
            @Override
            void befall(Path lib) throws IOException {
                Files.writeString(replaced(lib), "this was a cache once");
            }
        },
        EMPTY {
            @Override
            void befall(Path lib) throws IOException {
                Files.createFile(replaced(lib));
            }
        },
        GONE {
            @Override
            void befall(Path lib) throws IOException {
                replaced(lib);
            }
        },
        OF_OTHER_JARS {
            @Override
            void befall(Path lib) throws IOException {
                try (var jars = Files.newDirectoryStream(lib, "sluice-*.jar")) {
                    var jar = jars.iterator().next();
                    var bytes = Files.readAllBytes(jar);
                    Files.delete(jar);
                    Files.write(jar, bytes);
                    Files.setLastModifiedTime(jar, FileTime.fromMillis(0));
                }
            }
        },
        OF_MORE_JARS {
            @Override
            void befall(Path lib) throws IOException {
                Files.copy(lib.resolve("../conf/demo.hujson"), lib.resolve("a-first.jar"));
            }
        };

        abstract void befall(Path lib) throws IOException;

        /** The files are links to the build's; a new one must take their place. */
        private static Path replaced(Path lib) throws IOException {
            Files.delete(lib.resolve("sluice.aot"));
            return lib.resolve("sluice.aot");
        }
    }

    /** Moves the package elsewhere: its files keep their times. */
    @BeforeEach
    void move() throws IOException {
        assumeThat(PACKAGED.resolve("lib/sluice.aot"))
                .as("packaged without -Dsluice.aot.skip")
                .exists();
        moved = directory.toRealPath().resolve("some where/else");
        try (var files = Files.walk(PACKAGED)) {
            for (var file : files.toList()) {
                var there = moved.resolve(PACKAGED.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(there);
                } else {
                    link(file, there);
                }
            }
        }
    }

    @Test
    void isUsedWhereItWasMade() throws Exception {
        assertThat(run(PACKAGED, "-Xlog:class+load", "--version").out()).contains(FROM_THE_CACHE);
    }

    @Test
    void isUsedWhereItWasMovedTo() throws Exception {
        assertThat(run(moved, "-Xlog:class+load", "--version").out()).contains(FROM_THE_CACHE);
    }

    @Test
    void isUsedByAGatewayThatServes() throws Exception {
        var out = directory.resolve("serving");
        var process = builder(moved, "-Xlog:class+load:file=loaded.txt", "serve", "--config", "else/conf/demo.hujson")
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .directory(moved.getParent().toFile());
        process.environment().putAll(Map.of("SLUICE_LISTEN", "127.0.0.1:0", "SLUICE_DATA", "data"));
        var gateway = process.start();
        try {
            Eventually.await(
                    Duration.ofSeconds(60),
                    () -> assertThat(out).content().contains("sluice listens on http://127.0.0.1:"));
        } finally {
            gateway.destroyForcibly().waitFor();
        }
        assertThat(moved.resolveSibling("loaded.txt"))
                .content()
                .containsPattern("dev\\.sluice\\.Node source: shared objects file")
                .doesNotContainPattern("org\\.apache\\.pekko\\.actor\\.ActorSystem source: file:");
    }

    @ParameterizedTest
    @EnumSource
    void isPassedOverWithoutAWordWhenItIs(Mishap mishap) throws Exception {
        // Given
        mishap.befall(moved.resolve("lib"));
        // When
        var run = run(moved, "", "--version");
        // Then
        assertThat(run).isEqualTo(new Run(0, run(PACKAGED, "", "--version").out(), ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-XX:+UseZGC", "-XX:+UseSerialGC", "-XX:-UseCompactObjectHeaders", "-Xmx300m", "-Xmx40g"})
    void standsInTheWayOfNoOtherFlags(String flag) throws Exception {
        var run = run(moved, flag, "--version");

        assertThat(run).isEqualTo(new Run(0, run(PACKAGED, "", "--version").out(), ""));
    }

    private static void link(Path file, Path there) throws IOException {
        try {
            Files.createLink(there, file);
        } catch (UnsupportedOperationException | IOException e) {
            // Another file system.
            Files.copy(file, there, java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
        }
    }

    private static ProcessBuilder builder(Path sluice, String options, String... arguments) {
        var command = Stream.concat(Stream.of(sluice.resolve("bin/sluice").toString()), Stream.of(arguments))
                .toList();
        var builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(name -> name.startsWith("SLUICE_"));
        builder.environment()
                .put(
                        "SLUICE_JAVA",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString());
        builder.environment().put("SLUICE_JAVA_OPTS", options);
        return builder;
    }

    private Run run(Path sluice, String options, String... arguments) throws Exception {
        var out = directory.resolve("out");
        var error = directory.resolve("error");
        var process = builder(sluice, options, arguments)
                .directory(directory.toFile())
                .redirectOutput(out.toFile())
                .redirectError(error.toFile())
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Run(process.exitValue(), Files.readString(out), Files.readString(error));
    }
}

package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bin/sluice}, started with Javas that only say which arguments they got. */
class LauncherScriptTest {
    private static final Path SOURCE = Path.of("src/main/distribution/bin/sluice");

    @TempDir
    Path directory;

    private Path script;
    /** Holds what the script calls, and no java. */
    private Path tools;

    private record Run(int exit, String out, String error) {}

    @BeforeEach
    void install() throws IOException {
        directory = directory.toRealPath();
        script = directory.resolve("an install/sluice/bin/sluice");
        Files.createDirectories(script.getParent());
        Files.copy(SOURCE, script);
        executable(script);
        tools = Files.createDirectory(directory.resolve("tools"));
        for (var tool : List.of("readlink", "sed", "head", "cat", "sh", "touch", "mv", "rm")) {
            var found = Stream.of("/bin/", "/usr/bin/")
                    .map(bin -> Path.of(bin + tool))
                    .filter(Files::exists)
                    .findFirst();
            Files.createSymbolicLink(tools.resolve(tool), found.orElseThrow());
        }
    }

    @Test
    void isExecutableInTheSources() {
        assertThat(SOURCE).isExecutable();
    }

    @Test
    void saysWhatToInstallWhenThereIsNoJava() throws Exception {
        var run = run(Map.of());

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.error())
                .contains("Java 25 or newer is needed")
                .contains("adoptium.net")
                .contains("JAVA_HOME");
    }

    @Test
    void saysWhichJavaIsTooOld() throws Exception {
        var old = java("old jdk", "17.0.15");

        var run = run(Map.of("JAVA_HOME", old.toString()));

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.error()).contains(old + "/bin/java (version 17)");
    }

    @Test
    void usesTheJavaOfJavaHome() throws Exception {
        var run = run(Map.of("JAVA_HOME", java("the jdk", "25.0.1").toString()));

        assertThat(run.exit()).isZero();
        assertThat(run.out()).contains("I am " + directory + "/the jdk/bin/java");
    }

    @Test
    void passesOverAnOldJavaHome() throws Exception {
        java("jdks/25", "25");
        var run = run(Map.of(
                "JAVA_HOME",
                java("old", "17.0.15").toString(),
                "SLUICE_JDKS",
                directory.resolve("jdks").toString()));

        assertThat(run.out()).contains("I am " + directory + "/jdks/25/bin/java");
    }

    @Test
    void usesTheJavaOnThePath() throws Exception {
        Files.createSymbolicLink(
                tools.resolve("java"), java("somewhere", "26-ea").resolve("bin/java"));

        assertThat(run(Map.of()).exit()).isZero();
    }

    @Test
    void asksNoJdkForAVersionThatItsReleaseFileTells() throws Exception {
        var jdk = java("jdk", "17.0.15");
        Files.writeString(jdk.resolve("release"), """
                IMPLEMENTOR="Somebody"
                JAVA_RUNTIME_VERSION="17"
                JAVA_VERSION="25.0.3"
                """);
        // Also through links, as /usr/bin/java is one.
        Files.createSymbolicLink(directory.resolve("link"), jdk.resolve("bin/java"));
        Files.createSymbolicLink(tools.resolve("java"), Path.of("../link"));

        assertThat(run(Map.of()).out()).contains("I am " + tools + "/java");
    }

    @Test
    void asksAJdkWhoseReleaseFileTellsNothing() throws Exception {
        var jdk = java("jdk", "25.0.1");
        Files.writeString(jdk.resolve("release"), "nothing\n");

        assertThat(run(Map.of("JAVA_HOME", jdk.toString())).exit()).isZero();
    }

    @Test
    void takesSluiceJavaAtItsWord() throws Exception {
        var good = java("good", "25.0.1");
        var old = java("old", "21.0.4");

        var run = run(Map.of("JAVA_HOME", good.toString(), "SLUICE_JAVA", old + "/bin/java"));

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.error()).contains("SLUICE_JAVA=" + old);
    }

    @Test
    void passesArgumentsAsTheyAre() throws Exception {
        var run = run(
                Map.of("JAVA_HOME", java("jdk", "25.0.1").toString()),
                "serve",
                "--config",
                "my policy.hujson",
                "*",
                "");

        assertThat(run.out()).endsWith("[dev.sluice.Main]\n[serve]\n[--config]\n[my policy.hujson]\n[*]\n[]\n");
    }

    @Test
    void findsItsLibrariesThroughLinks() throws Exception {
        var link = directory.resolve("bin/sluice");
        Files.createDirectories(link.getParent());
        Files.createSymbolicLink(link, Path.of("../an install/sluice/bin/sluice"));
        var linkToLink = Files.createSymbolicLink(directory.resolve("s"), link);
        script = linkToLink;

        var run = run(Map.of("JAVA_HOME", java("jdk", "25.0.1").toString()));

        assertThat(run.out()).contains("[-cp]\n[" + directory + "/an install/sluice/lib/*.jar]\n");
    }

    @Test
    void namesItsLibrariesInOneOrder() throws Exception {
        var lib = Files.createDirectory(directory.resolve("an install/sluice/lib"));
        for (var jar : List.of("b.jar", "a_2.jar", "a-1.jar", "B.jar", "notes.txt")) {
            Files.createFile(lib.resolve(jar));
        }

        var run = run(Map.of("JAVA_HOME", java("jdk", "25.0.1").toString(), "LC_ALL", "en_US.UTF-8"));

        assertThat(run.out()).contains("[-cp]\n[%1$s/B.jar:%1$s/a-1.jar:%1$s/a_2.jar:%1$s/b.jar]\n".formatted(lib));
    }

    @Test
    void staysInTheUsersDirectory() throws Exception {
        var run = run(Map.of("JAVA_HOME", java("jdk", "25.0.1").toString()));

        assertThat(run.out()).contains("in " + directory + "\n");
    }

    @Test
    void givesTheJvmItsFlagsAndOneGigabyte() throws Exception {
        var run = run(Map.of("JAVA_HOME", java("jdk", "25.0.1").toString()));

        assertThat(run.out())
                .contains("[-Xmx1g]", "[--enable-native-access=ALL-UNNAMED]", "[-XX:+UseCompactObjectHeaders]")
                .contains("[-XX:MaxTenuringThreshold=2]")
                .contains("[--sun-misc-unsafe-memory-access=allow]");
    }

    @Test
    void leavesTheHeapToWhoSetsIt() throws Exception {
        var run = run(Map.of("JAVA_HOME", java("jdk", "25.0.1").toString(), "SLUICE_JAVA_OPTS", "-Xmx4g  -Dx=*"));

        assertThat(run.out()).contains("[-Xmx4g]\n[-Dx=*]\n").doesNotContain("-Xmx1g");
    }

    @Test
    void choosesTheCollectorUnlessToldOtherwise() throws Exception {
        var jdk = java("jdk", "25.0.1").toString();

        assertThat(run(Map.of("JAVA_HOME", jdk)).out()).contains("[-XX:+UseParallelGC]\n[-Xmn48m]\n");
        assertThat(run(Map.of("JAVA_HOME", jdk, "SLUICE_JAVA_OPTS", "-Xmx8g")).out())
                .contains("[-XX:+UseG1GC]")
                .doesNotContain("[-Xmn");
        assertThat(run(Map.of("JAVA_HOME", jdk, "SLUICE_JAVA_OPTS", "-XX:+UseZGC"))
                        .out())
                .contains("[-XX:+UseZGC]")
                .doesNotContain("UseG1GC", "UseParallelGC", "[-Xmn");
    }

    @Test
    void hasTheJvmReadTheCacheThatIsThere() throws Exception {
        var jdk = java("jdk", "25.0.1").toString();
        assertThat(run(Map.of("JAVA_HOME", jdk)).out()).doesNotContain("AOTCache");

        var cache = Files.createFile(Files.createDirectory(directory.resolve("an install/sluice/lib"))
                .resolve("sluice.aot"));

        assertThat(run(Map.of("JAVA_HOME", jdk)).out()).contains("[-XX:AOTCache=" + cache + "]");
        assertThat(run(Map.of("JAVA_HOME", jdk, "SLUICE_JAVA_OPTS", "-XX:AOTMode=off"))
                        .out())
                .doesNotContain("AOTCache");
    }

    @Test
    void makesTheCacheAnew() throws Exception {
        var lib = Files.createDirectory(directory.resolve("an install/sluice/lib"));
        Files.writeString(lib.resolve("sluice.aot"), "old");
        var jdk = java("jdk", "25.0.1");
        says(jdk, """
                for argument in "$@"; do
                    case $argument in -XX:AOTCacheOutput=*) echo new >"${argument#*=}" ;; esac
                    case $argument in -XX:AOTCache=*) exit 1 ;; esac
                done
                """);

        var run = run(Map.of("JAVA_HOME", jdk.toString()), "aot");

        assertThat(run).isEqualTo(new Run(0, "made " + lib + "/sluice.aot\n", ""));
        assertThat(lib.resolve("sluice.aot")).hasContent("new");
        assertThat(lib).isDirectoryNotContaining("glob:**.new*");
    }

    @Test
    void leavesTheCacheWhenTheRunForANewOneFails() throws Exception {
        var lib = Files.createDirectory(directory.resolve("an install/sluice/lib"));
        Files.writeString(lib.resolve("sluice.aot"), "old");
        var jdk = java("jdk", "25.0.1");
        says(jdk, """
                for argument in "$@"; do
                    case $argument in -XX:AOTCacheOutput=*) echo half >"${argument#*=}" ;; esac
                done
                echo "no memory"
                exit 3
                """);

        var run = run(Map.of("JAVA_HOME", jdk.toString()), "aot");

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.error()).contains("no memory", "made no " + lib + "/sluice.aot");
        assertThat(lib.resolve("sluice.aot")).hasContent("old");
        assertThat(lib).isDirectoryNotContaining("glob:**.new*");
    }

    @Test
    void saysWhenTheJvmMadeNoCache() throws Exception {
        var lib = Files.createDirectory(directory.resolve("an install/sluice/lib"));

        var run = run(Map.of("JAVA_HOME", java("jdk", "25.0.1").toString()), "aot");

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.error()).contains("made no " + lib + "/sluice.aot");
    }

    /** Has a java do something else than to print what it got. */
    private static void says(Path jdk, String script) throws IOException {
        Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"25.0.1\"\n");
        Files.writeString(jdk.resolve("bin/java"), "#!/bin/sh\n" + script);
    }

    /** A java that knows its version and prints who it is, where, and its arguments. */
    private Path java(String home, String version) throws IOException {
        var java = directory.resolve(home).resolve("bin/java");
        Files.createDirectories(java.getParent());
        Files.writeString(java, """
                #!/bin/sh
                if [ "$1" = -version ]; then
                    echo 'openjdk version "%s" 2025-10-21' >&2
                    exit 0
                fi
                echo "I am $0"
                echo "in $(pwd)"
                for argument in "$@"; do echo "[$argument]"; done
                """.formatted(version));
        executable(java);
        return directory.resolve(home);
    }

    private static void executable(Path file) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Run run(Map<String, String> environment, String... arguments) throws Exception {
        var command = Stream.concat(Stream.of(script.toString()), Stream.of(arguments))
                .toList();
        var out = directory.resolve("out");
        var error = directory.resolve("error");
        var builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectOutput(out.toFile())
                .redirectError(error.toFile());
        builder.environment().clear();
        builder.environment().putAll(Map.of("PATH", tools.toString(), "HOME", directory.toString()));
        // Nothing of this machine's is to be found.
        builder.environment().put("SLUICE_JDKS", directory.resolve("none").toString());
        builder.environment().putAll(environment);
        var exit = builder.start().waitFor();
        return new Run(
                exit, Files.readString(out, StandardCharsets.UTF_8), Files.readString(error, StandardCharsets.UTF_8));
    }
}

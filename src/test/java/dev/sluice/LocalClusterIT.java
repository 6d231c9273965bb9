package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.TestCluster;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code cluster/local/start} and {@code stop}, as a person would run them. */
class LocalClusterIT {
    private static final Pattern LISTENS = Pattern.compile("listens on (http://127\\.0\\.0\\.[123]:\\d+)");

    @TempDir
    private Path directory;

    /** The classes of this build, in place of a package. */
    private String command() throws IOException {
        var java = Path.of(System.getProperty("java.home"), "bin", "java");
        var classPath = String.join(
                ":",
                List.of(System.getProperty("java.class.path").split(":", -1)).stream()
                        .map(it -> Path.of(it).toAbsolutePath().toString())
                        .toList());
        var file = Files.writeString(
                directory.resolve("sluice"),
                "#!/bin/sh\nexec '%s' --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -XX:TieredStopAtLevel=1 $SLUICE_JAVA_OPTS -cp '%s' dev.sluice.Main \"$@\"\n"
                        .formatted(java, classPath));
        assertThat(file.toFile().setExecutable(true)).isTrue();
        return file.toString();
    }

    private String run(String script) throws Exception {
        var ports = TestCluster.freePorts(5);
        var out = directory.resolve(script + ".txt");
        var builder = new ProcessBuilder(
                        Path.of("cluster", "local", script).toAbsolutePath().toString(),
                        directory.resolve("kept").toString())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile());
        var environment = builder.environment();
        environment.put("SLUICE", command());
        var names = List.of("HTTP_PORT", "CLUSTER_PORT", "CASSANDRA_PORT", "CASSANDRA_STORAGE_PORT", "SIMULATOR_PORT");
        for (var i = 0; i < names.size(); i++) {
            environment.put(names.get(i), ports.get(i).toString());
        }
        var process = builder.start();
        assertThat(process.waitFor(5, TimeUnit.MINUTES)).as(() -> read(out)).isTrue();
        assertThat(process.exitValue()).as(() -> read(out)).isZero();
        return read(out);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Test
    void oneCommandStartsThreeNodesThatSpendTheSameMoneyAndAnotherStopsThem() throws Exception {
        List<String> urls;
        try (var client = HttpClient.newHttpClient()) {
            try {
                // When
                urls = LISTENS.matcher(run("start"))
                        .results()
                        .map(it -> it.group(1))
                        .toList();

                // Then
                assertThat(urls).hasSize(3);
                for (var url : urls) {
                    assertThat(ask(client, url)).as(url).isEqualTo(200);
                }
                for (var url : urls) {
                    assertThat(get(client, url + "/api/quotas")).contains("\"bucket\":\"demo-pool\"");
                }
            } finally {
                run("stop");
            }
        }
        try (var files = Files.list(directory.resolve("kept"))) {
            assertThat(files.map(it -> it.getFileName().toString())).noneMatch(name -> name.endsWith(".pid"));
        }
        assertThat(ProcessHandle.allProcesses()
                        .filter(it -> it.info().commandLine().orElse("").contains(directory.toString()))
                        .toList())
                .isEmpty();
    }

    private static int ask(HttpClient client, String url) throws Exception {
        return client.send(
                        HttpRequest.newBuilder(URI.create(url + "/v1/chat/completions"))
                                .header("content-type", "application/json")
                                .POST(
                                        HttpRequest.BodyPublishers.ofString(
                                                "{\"model\":\"sim-gpt\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}"))
                                .build(),
                        BodyHandlers.ofString())
                .statusCode();
    }

    private static String get(HttpClient client, String url) throws Exception {
        return client.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString())
                .body();
    }
}

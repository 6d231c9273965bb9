package dev.sluice.loadtest;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A gateway and the providers behind it: those of {@code -Dsluice.gateway} (several nodes with commas between them) and {@code -Dsluice.direct}, else started from
 * ../target/sluice, and stopped again.
 */
final class Stand {
    private final List<Process> processes = new ArrayList<>();
    private Path directory;
    private final String direct;
    private final List<String> gateway;

    Stand() {
        var given = System.getProperty("sluice.gateway", "");
        try {
            if (given.isEmpty()) {
                Runtime.getRuntime().addShutdownHook(new Thread(this::stop));
                directory = Files.createTempDirectory("sluice-loadtest");
                direct = started("simulate", "--listen", "127.0.0.1:" + port());
                Files.writeString(directory.resolve("policy.hujson"), policy(direct));
                gateway = List.of(started(
                        "serve",
                        "--config",
                        directory.resolve("policy.hujson").toString(),
                        "--data",
                        directory.resolve("data").toString(),
                        "--listen",
                        "127.0.0.1:" + port()));
            } else {
                gateway = Stream.of(given.split(",")).map(Stand::loopback).toList();
                direct = loopback(System.getProperty("sluice.direct", "http://127.0.0.1:8089"));
            }
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException("no gateway to load: " + e.getMessage(), e);
        }
    }

    /** Its nodes. */
    List<String> gateway() {
        return gateway;
    }

    String direct() {
        return direct;
    }

    /** Fails when the gateway still has streams after ten seconds. */
    void awaitNothingOpen() {
        try (var client = HttpClient.newHttpClient()) {
            for (var node : gateway) {
                var open = "";
                for (var i = 0; i < 100 && !open.endsWith(" 0.0"); i++) {
                    Thread.sleep(100);
                    var metrics = client.send(HttpRequest.newBuilder(URI.create(node + "/metrics")).build(), BodyHandlers.ofString());
                    open = metrics.body().lines().filter(line -> line.startsWith("sluice_streams_open")).findFirst().orElse("no such metric: " + metrics.statusCode());
                }
                if (!open.endsWith(" 0.0")) {
                    throw new AssertionError(node + " after ten seconds: " + open + " (expected: 0.0)");
                }
            }
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException("the gateway does not say what is open", e);
        }
    }

    void stop() {
        for (var process : processes.reversed()) {
            process.destroy();
            try {
                if (!process.waitFor(30, TimeUnit.SECONDS)) {
                    process.destroyForcibly().waitFor();
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
            }
        }
        if (directory != null && Files.exists(directory)) {
            try (var files = Files.walk(directory)) {
                for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            } catch (IOException e) {
                System.err.println("left behind: " + directory + " (" + e.getMessage() + ")");
            }
        }
    }

    /** A load test of somebody else's machine is an attack: one must mean it. */
    private static String loopback(String url) {
        var host = URI.create(url).getHost();
        if (!host.equals("localhost") && !host.startsWith("127.") && !Boolean.getBoolean("sluice.remote")) {
            throw new IllegalArgumentException(url + ": not on this machine (expected: loopback, or -Dsluice.remote=true)");
        }
        return url;
    }

    private String started(String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<String>(List.of("../target/sluice/bin/sluice"));
        command.addAll(List.of(arguments));
        var process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(Path.of("target", arguments[0] + ".log").toFile())
                .start();
        processes.add(process);
        var url = "http://" + arguments[arguments.length - 1];
        try (var client = HttpClient.newHttpClient()) {
            for (var i = 0; i < 1200 && process.isAlive(); i++) {
                try {
                    var asked = HttpRequest.newBuilder(URI.create(url + "/readyz")).timeout(Duration.ofSeconds(2)).build();
                    // The simulator knows no such path, but answers.
                    if (client.send(asked, BodyHandlers.discarding()).statusCode() != 503) {
                        return url;
                    }
                } catch (IOException _) {
                    Thread.sleep(100);
                }
            }
        }
        throw new IOException(command + " did not start: target/" + arguments[0] + ".log says why");
    }

    private static int port() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static String policy(String providers) {
        return """
                {
                  "grants": [{ "src": ["(loopback)"], "app": { "tailscale.com/cap/aperture": [
                    { "role": "admin" },
                    { "models": "**", "quotas": [{ "bucket": "daily:<user>" }, { "bucket": "pool" }] },
                  ] } }],
                  "quotas": {
                    "daily:<user>": { "capacity": "$1000000.00", "rate": "$1000000.00/day", "on_exceed": "reject" },
                    "pool": { "capacity": "$1000000.00", "rate": "$1000000.00/day", "on_exceed": "reject" },
                  },
                  "providers": {
                    "sim": {
                      "baseurl": "%s", "apikey": "simulated-key", "models": ["sim-model"],
                      "compatibility": { "openai_chat": true, "openai_responses": true, "anthropic_messages": true },
                      "cost_basis": "openai", "model_cost_map": [{ "match": "*", "as": "gpt-4.1" }],
                    },
                  },
                }
                """.formatted(providers);
    }
}

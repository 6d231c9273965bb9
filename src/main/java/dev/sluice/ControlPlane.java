package dev.sluice;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.sluice.config.Secret;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Option;

/** A running gateway's own API, for commands: they ask and wait. Whatever it does not grant fails with words that help. */
@SuppressWarnings("NullAway.Init") // Fields are set by picocli before anything runs.
final class ControlPlane {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @Option(
            names = "--url",
            paramLabel = "URL",
            defaultValue = "${env:SLUICE_URL:-http://127.0.0.1:8080}",
            description = {
                "Of the gateway (also SLUICE_URL; http://127.0.0.1:8080 unless said).",
                "SLUICE_KEY has the key to ask with; none is needed where the policy makes (loopback) an administrator."
            })
    private URI url;

    JsonNode get(String path) throws IOException, InterruptedException {
        return send("GET", path, BodyPublishers.noBody());
    }

    JsonNode post(String path, JsonNode body) throws IOException, InterruptedException {
        return send("POST", path, BodyPublishers.ofString(body.toString()));
    }

    JsonNode delete(String path) throws IOException, InterruptedException {
        return send("DELETE", path, BodyPublishers.noBody());
    }

    private JsonNode send(String method, String path, BodyPublisher body) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(address(path))
                .method(method, body)
                .header("content-type", "application/json")
                .timeout(PATIENCE);
        // Not an option of the command line, which everybody on a machine may read.
        var key = Optional.ofNullable(System.getenv("SLUICE_KEY"))
                .filter(it -> !it.isBlank())
                .map(Secret::of);
        key.ifPresent(
                it -> request.header("authorization", "Bearer " + it.reveal().strip()));
        // No redirect is followed: a key is for this gateway only.
        try (var client =
                HttpClient.newBuilder().connectTimeout(CONNECT_TIMEOUT).build()) {
            return read(client.send(request.build(), BodyHandlers.ofString()), key.isPresent());
        } catch (ConnectException | HttpTimeoutException e) {
            throw new IOException(
                    "no gateway answers at " + url + " (expected: one that runs; --url or SLUICE_URL says where)", e);
        }
    }

    private URI address(String path) {
        if (url.getHost() == null || !("http".equals(url.getScheme()) || "https".equals(url.getScheme()))) {
            throw new IllegalArgumentException(
                    "--url: " + url + " (expected: a gateway's URL, as http://127.0.0.1:8080)");
        }
        return URI.create(url.toString().replaceFirst("/+$", "") + path);
    }

    private JsonNode read(HttpResponse<String> answer, boolean hasKey) throws IOException {
        var body = parse(answer.body());
        if (answer.statusCode() / 100 == 2 && !body.isMissingNode()) {
            return body;
        }
        var said = body.path("error").isTextual()
                ? body.path("error").asText()
                : url + " answered with status " + answer.statusCode() + " (expected: a gateway's answer)";
        throw new IOException(said + (answer.statusCode() == 403 ? hint(hasKey) : ""));
    }

    private static String hint(boolean hasKey) {
        return hasKey
                ? " (SLUICE_KEY: expected a key that holds; for other people's keys, one that was made with --admin for an administrator)"
                : " (expected: SLUICE_KEY with a key, or a policy that makes (loopback) an administrator, on the gateway's own machine)";
    }

    private static JsonNode parse(String body) {
        try {
            return JSON.readTree(body);
        } catch (JsonProcessingException e) {
            return MissingNode.getInstance();
        }
    }
}

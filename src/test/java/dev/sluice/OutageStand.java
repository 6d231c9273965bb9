package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.testing.AdminApi;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * A gateway seen by callers and by its administrator while its storage comes and goes. Model "denied" is paid by a bucket that denies then, "graced"
 * by one that lets in $0.02: two worst cases, or ten times what a request costs.
 */
final class OutageStand implements AutoCloseable {
    static final long GRACE_NANOS = 20_000_000;
    private static final ObjectMapper JSON = new ObjectMapper();

    final AdminApi admin;
    private final HttpClient client = HttpClient.newHttpClient();
    private final String url;
    private final String key;

    /** What came of a request, and how long that took. */
    record Answer(int status, String body, String requestId, String retryAfter, Duration took) {
        String error() throws Exception {
            return JSON.readTree(body).path("error").path("message").asText();
        }
    }

    OutageStand(InetSocketAddress gateway) throws Exception {
        admin = new AdminApi(gateway);
        url = "http://127.0.0.1:" + gateway.getPort();
        var made = client.send(
                HttpRequest.newBuilder(URI.create(url + "/api/keys"))
                        .header("content-type", "application/json")
                        .POST(BodyPublishers.ofString("{\"owner\":\"ann@example.com\"}"))
                        .build(),
                BodyHandlers.ofString());
        assertThat(made.statusCode()).as(made.body()).isLessThan(300);
        key = JSON.readTree(made.body()).path("key").asText();
    }

    static String policy(InetSocketAddress provider) {
        return """
                {
                  "grants": [
                    { "src": ["(loopback)"], "app": { "tailscale.com/cap/aperture": [{ "role": "admin" }] } },
                    { "src": ["*"], "app": { "tailscale.com/cap/aperture": [
                      { "role": "user" },
                      { "models": "sim/denied", "quotas": [{ "bucket": "denied" }] },
                      { "models": "sim/graced", "quotas": [{ "bucket": "graced" }] },
                    ] } },
                  ],
                  "quotas": {
                    "denied": { "capacity": "$1000.00", "rate": "$0.00/day" },
                    "graced": { "capacity": "$1000.00", "rate": "$0.00/day", "on_storage_failure": "$0.02" },
                  },
                  "providers": {
                    "sim": {
                      "baseurl": "http://127.0.0.1:%d", "apikey": "provider-key", "models": ["denied", "graced"],
                      "compatibility": { "openai_chat": true, "anthropic_messages": true },
                      "cost_basis": "openai", "model_cost_map": [{ "match": "*", "as": "gpt-4.1" }],
                    },
                  },
                }
                """.formatted(provider.getPort());
    }

    /** In OpenAI's format. */
    Answer ask(String model) throws Exception {
        return ask("/v1/chat/completions", model);
    }

    Answer ask(String path, String model) throws Exception {
        var began = System.nanoTime();
        var answer = client.send(
                HttpRequest.newBuilder(URI.create(url + path))
                        .timeout(Duration.ofSeconds(30))
                        .header("content-type", "application/json")
                        .header("authorization", "Bearer " + key)
                        .header("x-simulate", "input=100; output=200")
                        .POST(BodyPublishers.ofString(
                                "{\"model\":\"%s\",\"max_tokens\":1000,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}"
                                        .formatted(model)))
                        .build(),
                BodyHandlers.ofString());
        return new Answer(
                answer.statusCode(),
                answer.body(),
                header(answer, "x-sluice-request-id"),
                header(answer, "retry-after"),
                Duration.ofNanos(System.nanoTime() - began));
    }

    private static String header(HttpResponse<?> answer, String name) {
        return answer.headers().firstValue(name).orElse("");
    }

    /** The numbers of the quota room. */
    Map<String, Double> numbers() throws Exception {
        return admin.text("/metrics")
                .lines()
                .filter(line -> line.startsWith("sluice_quota_"))
                .map(line -> line.split(" "))
                .collect(Collectors.toMap(parts -> parts[0], parts -> Double.valueOf(parts[1])));
    }

    /** What a bucket has spent. */
    long spentOf(String bucket) throws Exception {
        return spent(Objects.requireNonNull(admin.buckets().get(bucket)));
    }

    private static long spent(JsonNode bucket) {
        return bucket.path("spent_nanos").asLong();
    }

    /** Nothing is set aside or away, and the buckets were charged what the exchanges cost. */
    void assertBalance() throws Exception {
        var costs = admin.exchanges().stream()
                .flatMap(exchange -> exchange.path("buckets")
                        .valueStream()
                        .map(bucket -> Map.entry(
                                bucket.asText(), exchange.path("cost_nanos").asLong())))
                .collect(Collectors.groupingBy(Map.Entry::getKey, Collectors.summingLong(Map.Entry::getValue)));
        var buckets = admin.buckets();
        assertThat(buckets.values())
                .allMatch(bucket -> bucket.path("reserved_nanos").asLong() == 0);
        assertThat(buckets.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, it -> spent(it.getValue()))))
                .isEqualTo(costs);
        assertThat(admin.get("/api/quotas").path("away")).isEmpty();
    }

    @Override
    public void close() {
        admin.close();
        client.close();
    }
}

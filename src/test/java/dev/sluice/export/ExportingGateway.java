package dev.sluice.export;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.testing.AdminApi;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.RawHttp;
import dev.sluice.testing.TestGateway;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

/** What a test says to a gateway that exports, and finds in its bucket. */
final class ExportingGateway {
    static final Duration PATIENCE = Duration.ofSeconds(60);
    static final String KEY =
            ", \"access_key_id\": \"" + S3Server.KEY_ID + "\", \"access_secret\": \"" + S3Server.SECRET + "\"";

    private static final ObjectMapper JSON = new ObjectMapper();

    private ExportingGateway() {}

    static String policy(int providerPort, FaultyFront front, String bucket, String key) {
        var whole = TestGateway.policy("http://127.0.0.1:" + providerPort);
        return whole.substring(0, whole.lastIndexOf('}')) + """
                  "exporters": { "s3": { "endpoint": "%s", "bucket_name": "%s"%s } },
                }
                """.formatted(front.url(), bucket, key);
    }

    /** Returns when the ledger has them. */
    static void ask(InetSocketAddress address, int times) throws Exception {
        try (var admin = new AdminApi(address)) {
            var before = admin.exchanges().size();
            for (int i = 0; i < times; i++) {
                try (var http = RawHttp.connect(address).silenceAfter(PATIENCE)) {
                    http.post(
                            "/v1/chat/completions",
                            "{\"model\":\"test-gpt\",\"max_tokens\":10,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
                    assertThat(http.readHead().status()).isEqualTo(200);
                    http.readRest();
                }
            }
            Eventually.await(PATIENCE, () -> assertThat(admin.exchanges()).hasSize(before + times));
        }
    }

    /** By their requests, as the gateway's ledger has them. */
    static List<String> recorded(InetSocketAddress address) throws Exception {
        try (var admin = new AdminApi(address)) {
            return admin.exchanges().stream()
                    .map(exchange -> exchange.path("request_id").textValue())
                    .toList();
        }
    }

    static JsonNode state(InetSocketAddress address) throws Exception {
        try (var admin = new AdminApi(address)) {
            return admin.get("/api/export");
        }
    }

    static JsonNode run(InetSocketAddress address) throws Exception {
        try (var http = RawHttp.connect(address).silenceAfter(PATIENCE)) {
            http.post("/api/export:run", "");
            assertThat(http.readHead().status()).isEqualTo(200);
            return JSON.readTree(http.readRest().text());
        }
    }

    static List<String> exported(S3Server server, String bucket) {
        return server.objects(bucket).values().stream()
                .flatMap(object -> TestRecords.cbor(object).stream())
                .map(record -> (String) record.get("capture_id"))
                .toList();
    }
}

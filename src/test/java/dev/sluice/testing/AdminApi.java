package dev.sluice.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What an administrator sees of a gateway. */
public final class AdminApi implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int PAGE = 500;

    private final HttpClient client = HttpClient.newHttpClient();
    private final String url;
    private final String login;

    /** On the gateway's own machine. */
    public AdminApi(InetSocketAddress address) {
        this(address, "");
    }

    /**
     * Through a proxy that the gateway trusts.
     *
     * @param login empty for none
     */
    public AdminApi(InetSocketAddress address, String login) {
        this.url = "http://" + address.getAddress().getHostAddress() + ":" + address.getPort();
        this.login = login;
    }

    /** The status alone. */
    public int status(String path) throws Exception {
        return send(path).status();
    }

    public JsonNode get(String path) throws Exception {
        var answer = send(path);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    /** An answer that is no JSON. */
    public String text(String path) throws Exception {
        var answer = send(path);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer.body();
    }

    /** Every line of the logs, by request, each once. */
    public Map<String, JsonNode> logs() throws Exception {
        var lines = new HashMap<String, JsonNode>();
        var before = "";
        do {
            var page = get("/api/logs?limit=" + PAGE + before);
            for (var line : page.path("exchanges")) {
                assertThat(lines.put(line.path("request_id").asText(), line)).isNull();
            }
            before = page.path("next_before").isTextual()
                    ? "&before=" + page.path("next_before").asText()
                    : null;
        } while (before != null);
        return lines;
    }

    /** The quota buckets by name. */
    public Map<String, JsonNode> buckets() throws Exception {
        var buckets = new HashMap<String, JsonNode>();
        get("/api/quotas")
                .path("buckets")
                .forEach(bucket -> buckets.put(bucket.path("bucket").asText(), bucket));
        return buckets;
    }

    /** Every exchange of every session, whatever its page. */
    public List<JsonNode> exchanges() throws Exception {
        var exchanges = new ArrayList<JsonNode>();
        for (var session : sessions()) {
            var id = session.path("session").asText();
            var detail = get("/api/sessions/" + id + "?limit=1000");
            assertThat(detail.path("exchanges"))
                    .as("a page holds all of session " + id)
                    .hasSize(detail.path("session").path("exchanges").asInt());
            detail.path("exchanges").forEach(exchanges::add);
        }
        return exchanges;
    }

    /** Every session. */
    public List<JsonNode> sessions() throws Exception {
        var sessions = new ArrayList<JsonNode>();
        var before = "";
        do {
            var page = get("/api/sessions?limit=" + PAGE + before);
            page.path("sessions").forEach(sessions::add);
            before = page.path("next_before").isTextual()
                    ? "&before=" + page.path("next_before").asText()
                    : null;
        } while (before != null);
        return sessions;
    }

    private record Answer(int status, String body) {}

    private Answer send(String path) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(url + path)).timeout(Duration.ofSeconds(20));
        if (!login.isEmpty()) {
            request.header("Tailscale-User-Login", login);
        }
        var response = client.send(request.build(), BodyHandlers.ofString());
        return new Answer(response.statusCode(), response.body());
    }

    @Override
    public void close() {
        client.close();
    }
}

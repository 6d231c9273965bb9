package dev.sluice.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.testing.RawHttp;
import dev.sluice.testing.Stand;
import dev.sluice.testing.TestFormat;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A thousand policies while requests come in: none fails, none sees half of two, and a stream that was open before goes on. Two policies take
 * turns that have nothing in common: not the provider, not its key, not the bucket.
 */
class PolicySwapIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<TestFormat> FORMATS = List.of(TestFormat.values());
    private static final int SWAPS = 1000;
    private static final int CLIENTS = 6;
    private static final int LONG_STREAMS = 4;

    @TempDir
    private Path data;

    private static String policy(String url, String name, int number) {
        return """
                { // Number %3$d.
                  "grants": [{ "src": ["(loopback)"], "app": { "tailscale.com/cap/aperture": [
                    { "role": "admin" },
                    { "models": "%2$s/**", "quotas": [{ "bucket": "of-%2$s" }] },
                  ] } }],
                  "quotas": { "of-%2$s": { "capacity": "$1000.00", "rate": "$0.00/day" } },
                  "providers": {
                    "%2$s": {
                      "baseurl": "%1$s", "apikey": "key-of-%2$s", "models": ["test-gpt", "test-claude"],
                      "compatibility": { "openai_chat": true, "openai_responses": true, "anthropic_messages": true },
                      "cost_basis": "openai", "model_cost_map": [{ "match": "*", "as": "gpt-4.1" }],
                    },
                  },
                }
                """.formatted(url, name, number);
    }

    @Test
    void noRequestFailsAndNoneSeesHalfOfTwo() throws Exception {
        var url = new String[1];
        try (var stand = Stand.start(
                data,
                provider -> {
                    url[0] = provider;
                    return policy(provider, "a", 0);
                },
                Map.of())) {
            var swapped = new AtomicBoolean();
            var asked = new AtomicInteger();
            Callable<Boolean> swapping = () -> {
                try (var admin = stand.open()) {
                    for (var i = 1; i <= SWAPS; i++) {
                        save(admin, policy(url[0], i % 2 == 0 ? "a" : "b", i));
                    }
                } finally {
                    swapped.set(true);
                }
                return true;
            };
            var asking = IntStream.range(0, CLIENTS).mapToObj(client -> (Callable<Boolean>) () -> {
                for (var i = 0; !swapped.get(); i++) {
                    var format = FORMATS.get(i % FORMATS.size());
                    ask(stand, format, "short", "events=3");
                    asked.incrementAndGet();
                }
                return true;
            });
            var streaming = IntStream.range(0, LONG_STREAMS).mapToObj(client -> (Callable<Boolean>) () -> {
                ask(stand, TestFormat.MESSAGES, "long", "events=100; interval=50ms");
                return true;
            });

            Stand.together(Stream.of(Stream.of(swapping), asking, streaming)
                    .flatMap(it -> it)
                    .toList());

            stand.awaitQuiet();
            assertThat(asked.get()).isGreaterThan(100);
            assertThat(stand.get("/aperture/config").path("version").asInt()).isEqualTo(SWAPS + 1);
            var seen = new TreeSet<String>();
            var exchanges = stand.exchanges();
            for (var exchange : exchanges) {
                assertThat(exchange.path("outcome").textValue()).isEqualTo("completed");
                seen.add(exchange.path("provider").textValue() + " " + exchange.path("buckets"));
            }
            assertThat(seen).containsExactly("a [\"of-a\"]", "b [\"of-b\"]");
        }
    }

    private static void save(RawHttp admin, String document) throws Exception {
        var body = JSON.createObjectNode().put("config", document).toString();
        admin.send("PUT /aperture/config HTTP/1.1\r\nHost: x\r\nIf-Match: *\r\nContent-Type: application/json\r\n"
                + "Content-Length: " + body.length() + "\r\n\r\n" + body);
        var head = admin.readHead();
        var text = admin.readRest().text();
        assertThat(head.status()).as(text).isEqualTo(200);
    }

    private static void ask(Stand stand, TestFormat format, String name, String script) {
        try (var http = stand.ask(format, true, name, script)) {
            assertThat(http.readHead().status()).isEqualTo(200);
            var rest = http.readRest();
            assertThat(rest.end()).isEqualTo(RawHttp.End.PROPER);
        }
    }
}

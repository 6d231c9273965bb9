package dev.sluice.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.testing.Http2Front;
import dev.sluice.testing.Stand;
import dev.sluice.testing.TestCertificate;
import dev.sluice.testing.TestFormat;
import dev.sluice.testing.TestGateway;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.parallel.Isolated;

/** Providers that fail over HTTP/2: the same is asked of everything as over HTTP/1.1. */
@Isolated("Its clocks are too short to share the cores.")
class UpstreamBreaksOverHttp2IT extends UpstreamBreaksIT {
    /** One a gateway. */
    private final List<Http2Front> fronts = new ArrayList<>();

    @BeforeAll
    @Override
    void start() throws Exception {
        var certificate = TestCertificate.make(data);
        stand = start("patient", certificate, Map.of());
        impatient = start("impatient", certificate, SHORT_CLOCKS);
    }

    private Stand start(String name, TestCertificate certificate, Map<String, ?> clocks) throws Exception {
        var settings = new HashMap<String, Object>(Map.of("sluice.http2", true));
        settings.put("sluice.tls.trust", certificate.pem().toString());
        settings.putAll(clocks);
        var started = Stand.start(
                data.resolve(name),
                url -> {
                    fronts.add(Http2Front.start(url, certificate));
                    return TestGateway.policy(fronts.getLast().url());
                },
                settings);
        // Finds out what is spoken.
        started.assertServes(TestFormat.CHAT);
        return started;
    }

    @AfterAll
    @Override
    void stop() throws Exception {
        var stats = fronts.stream().map(Http2Front::stats).toList();
        super.stop();
        fronts.forEach(Http2Front::close);
        // What a connection died under goes out once more, over HTTP/1.1.
        assertThat(sum(stats, "http2")).as(stats.toString()).isGreaterThan(10 + 10 * sum(stats, "http1"));
        assertThat(stats).allSatisfy(it -> assertThat(it.path("forbidden")).isEmpty());
    }

    private static int sum(List<JsonNode> stats, String name) {
        return stats.stream().mapToInt(it -> it.path(name).asInt()).sum();
    }
}

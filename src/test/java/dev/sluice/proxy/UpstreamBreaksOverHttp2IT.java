package dev.sluice.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.Http2Front;
import dev.sluice.testing.Stand;
import dev.sluice.testing.TestCertificate;
import dev.sluice.testing.TestFormat;
import dev.sluice.testing.TestGateway;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.parallel.Isolated;

/** Providers that fail over HTTP/2: the same is asked of everything as over HTTP/1.1. */
@Isolated("Its clocks are too short to share the cores.")
class UpstreamBreaksOverHttp2IT extends UpstreamBreaksIT {
    @SuppressWarnings("NullAway.Init") // Made as soon as the provider behind it has a port.
    private Http2Front front;

    @BeforeAll
    @Override
    void start() throws Exception {
        var certificate = TestCertificate.make(data);
        var settings = new HashMap<String, Object>(Map.of("sluice.http2", true));
        settings.put("sluice.tls.trust", certificate.pem().toString());
        settings.putAll(CLOCKS);
        stand = Stand.start(
                data,
                url -> {
                    front = Http2Front.start(url, certificate);
                    return TestGateway.policy(front.url());
                },
                settings);
        // Finds out what is spoken.
        stand.assertServes(TestFormat.CHAT);
    }

    @AfterAll
    @Override
    void stop() throws Exception {
        var stats = front.stats();
        stand.close();
        front.close();
        // What a connection died under goes out once more, over HTTP/1.1.
        assertThat(stats.path("http2").asInt())
                .as(stats.toString())
                .isGreaterThan(10 + 10 * stats.path("http1").asInt());
        assertThat(stats.path("forbidden")).as(stats.toString()).isEmpty();
    }
}

package dev.sluice.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.sluice.config.Policy;
import dev.sluice.config.PolicyDocument;
import dev.sluice.config.Settings;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExposureTest {
    private static final String JWT = "jwt.issuers = [{ issuer = \"https://id.example.com\", audience = a }]";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                // host, order, configured, grants, may start, warnings
                "127.0.0.1  | loopback               | -         | *              | true  | -",
                "127.8.9.1  | loopback               | -         | (loopback)     | true  | -",
                "[::1]      | loopback               | -         | *              | true  | -",
                "localhost  | loopback               | -         | *              | true  | -",
                "0.0.0.0    | loopback               | -         | *              | false | clear",
                "0.0.0.0    | loopback               | -         | (loopback)     | false | clear",
                "0.0.0.0    | loopback               | -         | * (loopback)   | false | clear",
                "0.0.0.0    | loopback               | -         | -              | false | clear",
                "[::]       | loopback               | -         | *              | false | clear",
                "10.0.0.1   | loopback               | -         | *              | false | clear",
                "sluice.int | loopback               | -         | *              | false | clear",
                "100.64.0.1 | loopback               | -         | *              | false | -",
                "[fd7a:115c:a1e0::1] | loopback      | -         | *              | false | -",
                "0.0.0.0    | loopback               | unproven  | *              | true  | clear",
                "0.0.0.0    | loopback               | -         | * ann@x.org    | true  | clear nobody",
                "0.0.0.0    | keys loopback          | -         | *              | true  | clear",
                "0.0.0.0    | jwt loopback           | -         | *              | false | clear",
                "0.0.0.0    | jwt loopback           | jwt       | *              | true  | clear",
                "0.0.0.0    | loopback               | jwt       | *              | false | clear",
                "0.0.0.0    | tailscale              | -         | *              | false | clear",
                "0.0.0.0    | tailscale              | tailscale | *              | true  | clear",
                "100.64.0.1 | tailscale              | tailscale | *              | true  | -",
                "0.0.0.0    | loopback               | tailscale | *              | false | clear",
                "0.0.0.0    | serve-headers loopback | -         | *              | false | clear",
                "0.0.0.0    | serve-headers loopback | proxies   | *              | true  | clear",
                "0.0.0.0    | loopback               | proxies   | *              | false | clear",
                "0.0.0.0    | jwt loopback           | jwt tls   | *              | true  | -",
                "0.0.0.0    | loopback               | tls       | *              | false | -",
                "0.0.0.0    | keys jwt tailscale serve-headers loopback | - | *      | true  | clear",
            })
    void mayStart(String host, String order, String configured, String grants, boolean mayStart, String warnings) {
        var exposure = Exposure.of(settings(host, order, words(configured)), policy(words(grants)));

        assertThat(exposure.refusal() == null).as(exposure.toString()).isEqualTo(mayStart);
        var expected = words(warnings);
        assertThat(exposure.warnings()).hasSize(expected.length);
        for (var index = 0; index < expected.length; index++) {
            assertThat(exposure.warnings().get(index)).contains(expected[index]).contains("(expected: ");
        }
        if (!mayStart) {
            assertThat(exposure.refusal()).startsWith("sluice.listen: ").contains("sluice.identity.allow-unproven");
        }
    }

    private static String[] words(String text) {
        return text == null ? new String[0] : text.split(" ");
    }

    private static Settings settings(String host, String order, String... configured) {
        var text = new StringBuilder(
                "sluice.listen = \"" + host + ":8080\"\nsluice.identity.order = [" + order.replace(' ', ',') + "]\n");
        for (var each : configured) {
            text.append(
                    switch (each) {
                        case "unproven" -> "sluice.identity.allow-unproven = true";
                        case "jwt" -> "sluice.identity." + JWT;
                        case "tailscale" -> "sluice.identity.tailscale.socket = /run/d.sock";
                        case "proxies" -> "sluice.trusted-proxies = [127.0.0.1]";
                        default -> "sluice.tls { certificate = c.pem, key = k.pem }";
                    });
            text.append('\n');
        }
        return Settings.of(ConfigFactory.parseString(text.toString())
                .withFallback(ConfigFactory.parseResources("sluice.conf"))
                .resolve());
    }

    private static Policy policy(String... sources) {
        var grants = Arrays.stream(sources)
                .map(source ->
                        "{\"src\":[\"" + source + "\"],\"app\":{\"tailscale.com/cap/aperture\":[{\"role\":\"user\"}]}}")
                .collect(Collectors.joining(","));
        return Objects.requireNonNull(PolicyDocument.read("{\"providers\":{},\"grants\":[" + grants + "]}")
                .policy());
    }
}

package dev.sluice.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClusterSettingsTest {
    private static ClusterSettings of(String settings) {
        return ClusterSettings.of(ConfigFactory.parseString(
                        "sluice.cluster { discovery.service = gateway, allow-plaintext = on, " + settings + " }")
                .withFallback(ConfigFactory.parseResources("sluice.conf"))
                .resolve());
    }

    @ParameterizedTest
    @ValueSource(strings = {"mode = dns", "mode = kubernetes"})
    void aNodeThatIsLookedUpByItsAddressAdvertisesItsAddress(String mode) {
        assertThatThrownBy(() -> of(mode + ", advertise = \"gateway-1:7355\""))
                .hasMessageContaining("sluice.cluster.advertise: gateway-1:7355 (expected: with an IP address");
        assertThat(of(mode + ", advertise = \"10.0.0.1:7355\"").advertised().host())
                .isEqualTo("10.0.0.1");
        assertThat(of(mode + ", advertise = \"[fd00::1]:7355\"").advertised().port())
                .isEqualTo(7355);
    }

    @Test
    void aNodeThatIsLookedUpByServiceRecordsMayAdvertiseItsName() {
        var settings = of("mode = dns, discovery.port = management, advertise = \"gateway-1:7355\"");
        assertThat(settings.advertised().host()).isEqualTo("gateway-1");
    }
}

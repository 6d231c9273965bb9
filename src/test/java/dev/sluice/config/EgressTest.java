package dev.sluice.config;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EgressTest {
    @ParameterizedTest
    @CsvSource({
        "http://proxy.corp:3128, proxy.corp, 3128, ''",
        "HTTP://proxy.corp, proxy.corp, 80, ''",
        "proxy_1:3128, proxy_1, 3128, ''",
        "http://10.0.0.1:8080/, 10.0.0.1, 8080, ''",
        "http://[fd00::1]:8080, [fd00::1], 8080, ''",
        "http://ada:secret@proxy:1, proxy, 1, ada:secret",
        "http://ada:p%40ss%3Aword+1@proxy:1, proxy, 1, ada:p@ss:word+1",
        "http://ada:p@ss#word@proxy:1, proxy, 1, ada:p@ss#word",
        "http://ada@proxy:1, proxy, 1, ada",
    })
    void readsAProxyAsTheEnvironmentHasIt(String text, String host, int port, String credentials) {
        assertThat(Egress.Proxy.of("sluice.proxy.https", text))
                .isEqualTo(new Egress.Proxy(host, port, Secret.of(credentials)));
    }

    @Test
    void nothingIsNoProxy() {
        assertThat(Egress.Proxy.of("sluice.proxy.https", " ")).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://ada:hunter2@proxy:3128",
                "socks5://ada:hunter2@proxy",
                "http://ada:hunter2@",
                "http://ada:hunter2@proxy:99999",
                "http://ada:hunter2@proxy:0",
                "http://ada:hunter2%zz@proxy:1",
                "http://ada:hunter2@proxy:1/path",
            })
    void whatIsNoProxyIsRefusedWithoutQuotingIt(String text) {
        assertThatThrownBy(() -> Egress.Proxy.of("sluice.proxy.https", text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("sluice.proxy.https: ")
                .hasMessageContaining("expected: ")
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void aPasswordIsNeverPrinted() {
        var proxy = requireNonNull(Egress.Proxy.of("sluice.proxy.https", "http://ada:hunter2@proxy:3128"));
        assertThat(proxy).hasToString("http://proxy:3128");
        assertThat(proxy.credentials()).hasToString("***");
    }
}

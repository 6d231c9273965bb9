package dev.sluice.provider;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.Egress;
import dev.sluice.config.Secret;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProxyRulesTest {
    private static final Egress.Proxy TLS = new Egress.Proxy("proxy.corp", 3128, Secret.of(""));
    private static final Egress.Proxy PLAIN = new Egress.Proxy("plain.corp", 3128, Secret.of(""));

    private static ProxyRules rules(String... none) {
        return new ProxyRules(new Egress.Proxies(TLS, PLAIN, List.of(none), false));
    }

    private static Target.Host host(String name) {
        return new Target.Host(true, name, 443);
    }

    @Test
    void goesByTheSchemeOfTheProvidersAddress() {
        assertThat(rules().of(new Target.Host(true, "api.openai.com", 443))).isEqualTo(TLS);
        assertThat(rules().of(new Target.Host(false, "vllm.corp", 8000))).isEqualTo(PLAIN);
        assertThat(new ProxyRules(new Egress.Proxies(null, PLAIN, List.of(), false)).of(host("api.openai.com")))
                .isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "*, anything.example, true",
        "example.com, example.com, true",
        "example.com, api.example.com, true",
        "example.com, API.Example.COM, true",
        ".example.com, api.example.com, true",
        "*.example.com, api.example.com, true",
        "example.com, badexample.com, false",
        "example.com, example.com.evil.net, false",
        "example.com:443, example.com, true",
        "example.com:8443, example.com, false",
        "10.0.0.0/8, 10.200.3.4, true",
        "10.0.0.0/8, 11.0.0.1, false",
        "10.0.0.0/8, ten.example, false",
        "192.168.1.7, 192.168.1.7, true",
        "192.168.1.7, 192.168.1.70, false",
        "192.168.1.7:443, 192.168.1.7, true",
        "192.168.1.7:80, 192.168.1.7, false",
        "fd00::/8, '[fd12::1]', true",
        "fd00::/8, '[fe80::1]', false",
        "'[fd12::1]', '[fd12::1]', true",
        "'[fd12::1]:443', '[fd12::1]', true",
        "'[fd12::1]:444', '[fd12::1]', false",
    })
    void anExceptionIsMatchedAsCurlAndGoDo(String entry, String name, boolean direct) {
        assertThat(rules("nothing.else", entry).of(host(name)) == null).isEqualTo(direct);
    }

    @ParameterizedTest
    @CsvSource({"localhost", "LOCALHOST", "sim.localhost", "127.0.0.1", "127.9.9.9", "'[::1]'"})
    void thisMachineIsAskedDirectlyUnlessToldOtherwise(String name) {
        assertThat(rules().of(host(name))).isNull();
        assertThat(new ProxyRules(new Egress.Proxies(TLS, PLAIN, List.of(), true)).of(host(name)))
                .isEqualTo(TLS);
    }
}

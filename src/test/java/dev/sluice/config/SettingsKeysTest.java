package dev.sluice.config;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsKeysTest {
    private static final Config DEFAULTS = ConfigFactory.parseResources("sluice.conf");

    @Test
    void takesEveryKeyThatHasADefault() {
        assertThatCode(() -> SettingsKeys.check(DEFAULTS, DEFAULTS)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "sluice.listen = \"0.0.0.0:80\"",
                "sluice { limits { request-body = 1MiB }, limits.connections = ${?NOBODY} }",
                "sluice.identity.jwt.issuers = [{ issuer = \"https://a\", audience = b, jwks-uri = c }]",
                "sluice.event-loop-dispatcher.shutdown-timeout = 5s",
                "sluice.journal.events.circuit-breaker.random-factor = 0",
                "pekko.whatever.that = is",
                "mine { a = 1 }, sluice.listen = ${?mine.a}"
            })
    void takes(String settings) {
        assertThatCode(() -> SettingsKeys.check(ConfigFactory.parseString(settings), DEFAULTS))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sluice.lsten = x | sluice.lsten: no such setting (did you mean \"listen\"?)",
                "sluice.limits.conections = 1 | sluice.limits.conections: no such setting (did you mean \"connections\"?)",
                "sluice { identity { allow_unproven = on } } | sluice.identity.allow_unproven: no such setting (did you mean \"allow-unproven\"?)",
                "sluice.trace.endpoint = ${?X} | sluice.trace: no such setting (did you mean \"traces\"?)",
                "sluice.nothing.like = it | sluice.nothing: no such setting (expected"
            })
    void refuses(String settings, String words) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SettingsKeys.check(ConfigFactory.parseString(settings), DEFAULTS))
                .withMessageStartingWith(words);
    }
}

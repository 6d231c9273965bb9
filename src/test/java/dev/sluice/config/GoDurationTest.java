package dev.sluice.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GoDurationTest {
    @ParameterizedTest
    @CsvSource({
        "0, PT0S",
        "0s, PT0S",
        "5s, PT5S",
        "1m, PT1M",
        "1h15m30.918s, PT1H15M30.918S",
        "1.5h, PT1H30M",
        ".5s, PT0.5S",
        "1.s, PT1S",
        "100ms, PT0.1S",
        "1us, PT0.000001S",
        "1µs, PT0.000001S",
        "1μs, PT0.000001S",
        "1ns, PT0.000000001S",
        "0.3ns, PT0S",
    })
    void readsWhatGoReads(String text, Duration expected) {
        assertThat(GoDuration.parse(text)).contains(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "5", "s", ".s", "-5s", "+5s", "5 s", "5d", "1y", "5S", "1h-1m", "9999999999h", "1e3s", "5s "
            })
    void refusesWhatIsNone(String text) {
        assertThat(GoDuration.parse(text)).isEmpty();
    }

    @Property
    void readsItsOwnParts(
            @ForAll @LongRange(min = 0, max = 100_000) long hours,
            @ForAll @LongRange(min = 0, max = 59) long minutes,
            @ForAll @LongRange(min = 0, max = 999_999_999) long nanos) {
        assertThat(GoDuration.parse(hours + "h" + minutes + "m" + nanos + "ns"))
                .contains(Duration.ofHours(hours).plusMinutes(minutes).plusNanos(nanos));
    }

    @Property
    void neverFails(@ForAll String text) {
        assertThat(GoDuration.parse(text)).isNotNull();
    }
}

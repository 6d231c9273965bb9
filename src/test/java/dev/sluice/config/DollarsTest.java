package dev.sluice.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DollarsTest {
    @ParameterizedTest
    @CsvSource({
        "$10.00, 10000000000",
        "$0.00, 0",
        "$5, 5000000000",
        "$0.000000001, 1",
        "$9223372036.854775807, 9223372036854775807",
    })
    void readsAmountsExactly(String text, long nanos) {
        assertThat(Dollars.nanos(text)).hasValue(nanos);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "10",
                "$",
                "$-1",
                "-$1",
                "$1.",
                "$.5",
                "$1.0000000001",
                "$1e3",
                "$ 1",
                "$1,000",
                "$9223372036.854775808",
                "$99999999999999",
                "$1\n"
            })
    void refusesWhatIsNoAmount(String text) {
        assertThat(Dollars.nanos(text)).isEmpty();
    }

    @Property
    void losesNothing(@ForAll @LongRange(min = 0) long nanos) {
        var text = "$" + BigDecimal.valueOf(nanos, 9).toPlainString();

        assertThat(Dollars.nanos(text)).hasValue(nanos);
    }
}

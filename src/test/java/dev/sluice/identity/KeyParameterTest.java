package dev.sluice.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyParameterTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "'' ''",
                "key=a ''",
                "alt=sse&key=a alt=sse",
                "%6Bey=a&b b",
                "k%65%79=a&&b=%2f &b=%2f",
                "keys=a keys=a",
                "akey=a akey=a",
                "Key=a Key=a",
                "%256bey=a %256bey=a",
                "key key",
                "%zzkey=%4 %zzkey=%4",
                "token=sk-sluice-x&a a",
                "token=sk%2Dsluice%2dx&a a",
                "sk-sluice-x&a a",
            })
    void takesKeysOutAndLeavesTheRestAsItIs(String query, String rest) {
        assertThat(KeyParameter.without(query)).isEqualTo(rest);
    }

    record Pair(String name, String value, boolean encoded) {
        String written() {
            return encoded ? encode(name) + "=" + encode(value) : name + "=" + value;
        }

        /** Every byte, needed or not. */
        private static String encode(String text) {
            var encoded = new StringBuilder();
            for (var b : text.getBytes(StandardCharsets.UTF_8)) {
                encoded.append(String.format("%%%02x", b));
            }
            return encoded.toString();
        }
    }

    @Provide
    Arbitrary<List<Pair>> pairs() {
        var names = Arbitraries.of("key", "k", "alt", "keys", "b%c", "\u4f60");
        var values = Arbitraries.of("sk-sluice-abc", "sk-ant", "", "a=b", "x%zz", "+");
        return Combinators.combine(names, values, Arbitraries.of(true, false))
                .as(Pair::new)
                .list()
                .ofMaxSize(6);
    }

    /** As {@code URLDecoder} reads it, which is the second opinion. */
    @Property(tries = 1000)
    void leavesNothingOfAKeyHoweverItIsWritten(@ForAll("pairs") List<Pair> pairs) {
        var query = String.join("&", pairs.stream().map(Pair::written).toList());

        var kept = pairs.stream()
                .filter(pair -> !pair.name().equals("key") && !pair.value().startsWith("sk-sluice-"))
                .map(Pair::written)
                .toList();
        assertThat(KeyParameter.without(query)).isEqualTo(String.join("&", kept));
        assertThat(KeyParameter.values(query))
                .isEqualTo(pairs.stream()
                        .filter(pair -> pair.name().equals("key"))
                        .map(Pair::value)
                        .toList());
        if (!query.contains("%zz") && !query.contains("b%c")) {
            assertThat(URLDecoder.decode(KeyParameter.without(query), StandardCharsets.UTF_8))
                    .doesNotContain("sk-sluice-");
        }
    }
}

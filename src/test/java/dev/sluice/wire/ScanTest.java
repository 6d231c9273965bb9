package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class ScanTest {
    @Property(tries = 500)
    void findsTheFirstQuoteOrBackslash(
            @ForAll @Size(max = 40) byte[] bytes,
            @ForAll @IntRange(max = 40) int start,
            @ForAll @IntRange(max = 40) int quote) {
        if (quote < bytes.length) {
            bytes[quote] = '"';
        }
        int from = Math.min(start, bytes.length);
        int expected = from;
        while (expected < bytes.length && bytes[expected] != '"' && bytes[expected] != '\\') {
            expected++;
        }

        assertThat(Scan.endOfPlain(bytes, from, bytes.length)).isEqualTo(expected);
    }

    @Property(tries = 200)
    void countsCodePoints(@ForAll String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        var decoded = new String(bytes, StandardCharsets.UTF_8);

        assertThat(Scan.codePoints(bytes, 0, bytes.length)).isEqualTo(decoded.codePointCount(0, decoded.length()));
    }
}

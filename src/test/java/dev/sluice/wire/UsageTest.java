package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;

class UsageTest {
    @Property(tries = 50)
    void countsThePlainAndTheCachedPartsOfAPrompt(
            @ForAll @LongRange(min = 0, max = 1L << 40) long plain,
            @ForAll @LongRange(min = 0, max = 1L << 40) long cached) {
        var usage = new Usage(plain, cached, 3, 4, 0, 0, 0, 0, 0, 0, 0);

        assertThat(usage.promptTokens()).isEqualTo(plain + cached + 7);
    }
}

package dev.sluice.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BucketNameTest {
    @ParameterizedTest
    @CsvSource({
        "pool, pool",
        "daily:<user>, daily:alice@example.com",
        "device:<node>, device:n1",
    })
    void namesTheCallersBucket(String written, String expanded) {
        assertThat(new BucketName(written).expand("alice@example.com", "n1")).contains(expanded);
    }

    @ParameterizedTest
    @CsvSource({"device:<node>, device:alice@example.com"})
    void sharesNoBucketBetweenCallersWithoutAMachine(String written, String expanded) {
        assertThat(new BucketName(written).expand("alice@example.com", "")).contains(expanded);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"a:<team>", "a:b", "a:", "<user>", "<user>-daily", "a:<user>:<node>", "a:<user>x", "a:<USER>"})
    void refusesToGuessAtTemplates(String written) {
        var name = new BucketName(written);

        assertThat(name.unsupportedTemplate()).isNotNull();
        assertThat(name.expand("u", "n")).isEmpty();
    }
}

package dev.sluice.key;

import static dev.sluice.key.Keys.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.key.KeyTerms.Allowance;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TermsCheckTest {
    private static String findings(KeyTerms terms) {
        return TermsCheck.findings(terms, NOON);
    }

    private static KeyTerms of(List<String> tags, List<String> models, @Nullable Allowance quota) {
        return new KeyTerms("alice@example.com", "", tags, models, quota, null, false);
    }

    @Test
    void findsNothingWrongWithWhatIsMeantToBe() {
        assertThat(findings(Keys.full("k").terms())).isEmpty();
        assertThat(findings(Keys.terms("a".repeat(256), NOON.plusNanos(1)))).isEmpty();
        assertThat(findings(of(List.of("tag:ci"), List.of("**", "*/gpt-5", "p/a/b"), null)))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "*",
                "(loopback)",
                "(anyone)",
                "tag:ci",
                "group:eng",
                "tagged-devices",
                " alice",
                "alice\n",
                "a\0b"
            })
    void findsOwnersThatAreNoLogin(String owner) {
        assertThat(findings(Keys.terms(owner, null))).startsWith("owner: ");
    }

    @Test
    void findsWhatIsTooMuch() {
        assertThat(findings(Keys.terms("a".repeat(257), null)))
                .contains("owner: 257 characters (expected: at most 256)");
        assertThat(findings(new KeyTerms("a", "n".repeat(201), List.of(), List.of(), null, null, false)))
                .contains("name: 201 characters (expected: at most 200)");
        assertThat(findings(of(tags(33), List.of(), null))).contains("tags: \"33 of them\" (expected: at most 32)");
        assertThat(findings(of(tags(32), List.of(), null))).isEmpty();
        assertThat(findings(of(List.of(), Collections.nCopies(65, "p/m"), null)))
                .contains("models: \"65 of them\" (expected: at most 64)");
        assertThat(findings(of(List.of(), List.of("p/" + "m".repeat(255)), null)))
                .contains("models: 257 characters");
    }

    private static List<String> tags(int count) {
        return java.util.stream.IntStream.range(0, count)
                .mapToObj(i -> "tag:t" + i)
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ci", "tag:", "tag:a,tag:b", "tag:1", "tag:a b", "TAG:ci", "tag:*"})
    void findsTagsThatAreNone(String tag) {
        assertThat(findings(of(List.of(tag), List.of(), null)))
                .startsWith("tags: ")
                .contains("tag:ci");
    }

    @ParameterizedTest
    @ValueSource(strings = {" ", "gpt-5", "a\tb/c"})
    void findsPatternsThatNoModelCanMatch(String model) {
        assertThat(findings(of(List.of(), List.of(model), null))).startsWith("models: ");
    }

    @Test
    void findsMoneyThatCannotBeRead() {
        assertThat(findings(of(List.of(), List.of(), new Allowance("10", "$5/day"))))
                .startsWith("quota.capacity: \"10\" (expected: ");
        assertThat(findings(of(List.of(), List.of(), new Allowance("$10", "$5/fortnight"))))
                .startsWith("quota.rate: \"$5/fortnight\" (expected: ");
    }

    @Test
    void findsAnEndThatIsOver() {
        assertThat(findings(Keys.terms("alice", NOON))).startsWith("expires: ");
    }

    @Test
    void quotesNoMoreThanALine() {
        assertThat(findings(Keys.terms("(" + "x".repeat(200), null))).hasSizeLessThan(200);
    }
}

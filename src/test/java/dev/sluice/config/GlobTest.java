package dev.sluice.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobTest {
    @ParameterizedTest
    @CsvSource({
        "**, openai/gpt-5, true",
        "**, openrouter/qwen/qwen3, true",
        "anthropic/**, anthropic/claude-opus-4-5, true",
        "anthropic/**, anthropic2/claude-opus-4-5, false",
        "openai/gpt-5, openai/gpt-5, true",
        "openai/gpt-5, openai/gpt-5-mini, false",
        "*/claude-sonnet*, anthropic/claude-sonnet-4-5, true",
        "*/claude-sonnet*, openrouter/anthropic/claude-sonnet-4-5, false",
        "**/claude-sonnet*, openrouter/anthropic/claude-sonnet-4-5, true",
        "aperture-*/**, aperture-eu/m, true",
        "aperture-*/**, other/m, false",
        "openrouter/*, openrouter/qwen/qwen3, false",
        "openrouter/**, openrouter/qwen/qwen3, true",
        "*, openai/gpt-5, false",
        "*/*, openai/gpt-5, true",
        "a/**/z, a/z, true",
        "a/**/z, a/b/c/z, true",
        "claude-opus*, claude-opus-4-5, true",
        "gpt-*-mini, gpt-5-mini, true",
        "gpt-?, gpt-5, false",
        "gpt.5, gpt-5, false",
    })
    void matchesAsDocumented(String pattern, String name, boolean expected) {
        assertThat(Glob.of(pattern).matches(name)).isEqualTo(expected);
    }

    @Property(tries = 5000)
    void agreesWithTheNaiveReading(@ForAll("patterns") String pattern, @ForAll("names") String name) {
        assertThat(Glob.of(pattern).matches(name)).isEqualTo(naive(segments(pattern), segments(name)));
    }

    @Test
    void staysFastOnPatternsMadeToBeSlow() {
        var pattern = Glob.of("**/*a*a*a*a*a*a*b".repeat(20));
        var name = ("a".repeat(200) + "/").repeat(20);

        var matches = Assertions.assertTimeoutPreemptively(Duration.ofSeconds(5), () -> pattern.matches(name));

        assertThat(matches).isFalse();
    }

    @Provide
    Arbitrary<String> patterns() {
        return Arbitraries.of("a", "b", "*", "**", "a*", "*b", "a*b", "*a*", "***", "ab*ba*", "")
                .list()
                .ofMinSize(1)
                .ofMaxSize(5)
                .map(it -> String.join("/", it));
    }

    @Provide
    Arbitrary<String> names() {
        return Arbitraries.strings()
                .withChars('a', 'b')
                .ofMaxLength(5)
                .list()
                .ofMinSize(1)
                .ofMaxSize(5)
                .map(it -> String.join("/", it));
    }

    private static List<String> segments(String text) {
        return List.of(text.split("/", -1));
    }

    /** Tries every way a wildcard could be read. */
    private static boolean naive(List<String> pattern, List<String> name) {
        if (pattern.isEmpty()) {
            return name.isEmpty();
        }
        var rest = pattern.subList(1, pattern.size());
        if (pattern.getFirst().equals("**")) {
            return naive(rest, name) || (!name.isEmpty() && naive(pattern, name.subList(1, name.size())));
        }
        return !name.isEmpty()
                && naiveSegment(pattern.getFirst(), name.getFirst())
                && naive(rest, name.subList(1, name.size()));
    }

    private static boolean naiveSegment(String pattern, String name) {
        if (pattern.isEmpty()) {
            return name.isEmpty();
        }
        var rest = pattern.substring(1);
        if (pattern.charAt(0) == '*') {
            return naiveSegment(rest, name) || (!name.isEmpty() && naiveSegment(pattern, name.substring(1)));
        }
        return !name.isEmpty() && name.charAt(0) == pattern.charAt(0) && naiveSegment(rest, name.substring(1));
    }
}

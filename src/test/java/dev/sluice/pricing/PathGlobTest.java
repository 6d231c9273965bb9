package dev.sluice.pricing;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PathGlobTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            gpt-5              | gpt-5
            *                  | gpt-5
            *5                 | gpt-5
            gpt*               | gpt
            gpt*               | gpt-5
            */gpt              | openai/gpt
            q*/*               | qwen/qwen3
            g*t*5*             | gpt-5-mini
            g*t-?.*x           | gpt-a.gpt-5.x.x
            gpt-[5]            | gpt-5
            gpt-[4-6]          | gpt-5
            gpt-[^4]           | gpt-5
            gpt-[^1-4]         | gpt-5
            gpt-[14-6x]        | gpt-x
            gpt\\*             | gpt*
            gpt\\?             | gpt?
            gp\\t              | gpt
            a?b                | aζb
            a[^a]b             | a😀b
            [a-ζ]*             | αβ
            [\\]x]             | ]
            [\\-]              | -
            [x\\-]             | -
            [\\^x]             | ^
            [*]                | *
            [?]                | ?
            [[]                | [
            a[/]b              | a/b
            a[^x]b             | a/b
            *x                 | xxx
            **                 | gpt
            *-*-preview*       | claude-opus-preview-2
            """)
    void takes(String pattern, String name) {
        assertThat(PathGlob.of(pattern).matches(name)).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            gpt-5              | gpt-5-mini
            gpt-5              | gpt
            gpt-5              | GPT-5
            *                  | qwen/qwen3
            gpt*               | gpt/5
            */gpt              | a/b/gpt
            a*b                | a/b
            a?b                | a/b
            a?b                | ab
            a???b              | aζb
            g*t*5*/x           | gpt-5/y/x
            g*t-?.*x           | gpt-5.y
            gpt-[4-6]          | gpt-7
            gpt-[^5]           | gpt-5
            gpt-[^4-6]         | gpt-5
            gpt-[^5]           | gpt-
            gpt\\*             | gpt-5
            [x\\-]             | z
            *[a-ζ]             | A
            """)
    void refuses(String pattern, String name) {
        assertThat(PathGlob.of(pattern).matches(name)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            []a]               | ]
            []a]               | a
            [-]                | -
            [x-]               | x
            [x-]               | -
            [-x]               | x
            [a-b-c]            | a
            [a-]               | a
            []                 | []
            [                  | [
            [^                 | a
            [^]                | a
            [ab                | a
            a[                 | a
            a[                 | x
            a/b[               | x
            *[                 | a
            a\\                | a
            \\                 | \\
            """)
    void takesNothingWhenMalformed(String pattern, String name) {
        assertThat(PathGlob.of(pattern).matches(name)).isFalse();
    }

    @Test
    void theEmptyPatternTakesTheEmptyNameOnly() {
        var empty = PathGlob.of("");

        assertThat(empty.matches("")).isTrue();
        assertThat(empty.matches("a")).isFalse();
    }

    @Test
    void doesNotGiveBackWhatARunBehindAStarTook() {
        // A class may take the slash that a star may not cross; the run settles on the first "xa" all the same, as in
        // Go.
        assertThat(PathGlob.of("*[^y]a*b").matches("xa/ab")).isFalse();
    }

    @Test
    void staysFastOnManyStars() {
        assertThat(PathGlob.of("*a".repeat(40) + "b").matches("a".repeat(2_000)))
                .isFalse();
    }

    @Property(tries = 200)
    void everyPlainNameMatchesItself(@ForAll @CharRange(from = 'a', to = 'z') String name) {
        assertThat(PathGlob.of(name).matches(name)).isTrue();
    }

    @Property(tries = 200)
    void aStarTakesWhateverHasNoSlash(@ForAll String name) {
        assertThat(PathGlob.of("*").matches(name)).isEqualTo(!name.contains("/"));
    }

    @Property(tries = 500)
    void noPatternBreaksIt(@ForAll @CharRange(from = '*', to = ']') String pattern, @ForAll String name) {
        assertThat(PathGlob.of(pattern).matches(name)).isIn(true, false);
    }
}

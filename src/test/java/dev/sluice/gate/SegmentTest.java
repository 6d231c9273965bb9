package dev.sluice.gate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SegmentTest {

    @Test
    void isTextThatMustBeTheSame() {
        assertThat(matched("models", "models")).isEmpty();
        assertThat(matched("models", "model")).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "{model}, gpt-5, gpt-5",
        "{model}:generateContent, gemini-2.5-pro:generateContent, gemini-2.5-pro",
        "{model}:rawPredict, claude-sonnet-4-5@20250929:rawPredict, claude-sonnet-4-5@20250929",
        "{model}, v1%3A0, v1:0",
        "{+model}, arn%3Aaws%3Abedrock%2Fx, arn:aws:bedrock/x",
    })
    void readsItsParameter(String pattern, String segment, String value) {
        assertThat(matched(pattern, segment)).containsExactly(Map.entry("model", value));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {":generateContent", "m:streamGenerateContent", "m%3AgenerateContent", "a%2Fb:generateContent"})
    void doesNotMatchWhatIsNotItsOwn(String segment) {
        assertThat(matched("{model}:generateContent", segment)).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a%2F..%2Fb", "..%2Fb", "a%2F%2Fb", "%2Fa", "a%2F", "a%5Cb", "a%00b"})
    void refusesSlashesThatLeadElsewhere(String segment) {
        assertThat(matched("{+model}", segment)).isNull();
    }

    private static @org.jspecify.annotations.Nullable Map<String, String> matched(String pattern, String segment) {
        var parameters = new HashMap<String, String>();
        return Segment.of(pattern).matches(segment, parameters) ? parameters : null;
    }
}

package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WireFormatsTest {

    @ParameterizedTest
    @CsvSource({
        "/v1/chat/completions, openai_chat, oacc",
        "/chat/completions, openai_chat, oacc",
        "/v1/responses, openai_responses, oare",
        "/v1/messages, anthropic_messages, anme",
        "/v1/messages/count_tokens, anthropic_messages, anme",
        "/bedrock/model/{model}/invoke, bedrock_model_invoke, beiv",
        "/model/{model}/invoke-with-response-stream, bedrock_model_invoke, beiv",
        "/bedrock/model/{model}/count-tokens, bedrock_model_invoke, beiv",
        "/bedrock/model/{model}/converse, bedrock_converse, beco",
        "/model/{model}/converse-stream, bedrock_converse, beco"
    })
    void knowsTheFormatOfEachPath(String path, String name, String prefix) {
        // When
        var format = formatOf(path).orElseThrow();
        // Then
        assertThat(format.name()).isEqualTo(name);
        assertThat(format.sessionPrefix()).isEqualTo(prefix);
    }

    @Test
    void chargesForAllButCounting() {
        assertThat(WireFormats.ALL)
                .flatExtracting(WireFormat::operations)
                .filteredOn(Operation::countsTokens)
                .extracting(Operation::path)
                .allMatch(path -> path.toLowerCase(java.util.Locale.ROOT).contains("count"));
    }

    @Test
    void offersEachPathOnce() {
        assertThat(WireFormats.ALL)
                .flatExtracting(WireFormat::operations)
                .extracting(operation -> operation.method() + " " + operation.path())
                .doesNotHaveDuplicates();
    }

    @Test
    void namesEachFormatOnce() {
        assertThat(WireFormats.ALL).extracting(WireFormat::name).doesNotHaveDuplicates();
    }

    @Test
    void findsEachFormatAtTheEndpointItAdvertises() {
        for (var format : WireFormats.ALL) {
            assertThat(formatOf(format.endpoint())).contains(format);
        }
    }

    private static Optional<WireFormat> formatOf(String path) {
        return WireFormats.ALL.stream()
                .filter(format -> format.operations().stream()
                        .anyMatch(it -> it.path().replace("{+", "{").equals(path)))
                .findFirst();
    }
}

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
        "/v1/completions, openai_completions, oaco",
        "/v1/embeddings, openai_embeddings, oaem",
        "/embeddings, openai_embeddings, oaem",
        "/v2/rerank, rerank, rera",
        "/v1/moderations, openai_moderations, oamo",
        "/v1/images/edits, openai_images, oaim",
        "/v1/audio/speech, openai_speech, oasp",
        "/v1/audio/translations, openai_transcriptions, oatr",
        "/v1/responses, openai_responses, oare",
        "/codex/responses, openai_responses, oare",
        "/v1/responses/compact, openai_responses, oare",
        "/v1/messages, anthropic_messages, anme",
        "/v1/messages/count_tokens, anthropic_messages, anme",
        "/v1beta/models/{model}:generateContent, gemini_generate_content, gege",
        "/v1/models/{model}:streamGenerateContent, gemini_generate_content, gege",
        "/v1alpha/models/{model}:countTokens, gemini_generate_content, gege",
        "/v1/models/{model}:batchEmbedContents, gemini_generate_content, gege",
        "/v1beta1/projects/{project}/locations/{location}/publishers/google/models/{model}:streamGenerateContent, google_generate_content, goge",
        "/v1/publishers/google/models/{model}:predict, google_generate_content, goge",
        "/v1/projects/{project}/locations/{location}/publishers/anthropic/models/{model}:streamRawPredict, google_raw_predict, gora",
        "/v1/projects/{project}/locations/{location}/publishers/anthropic/models/count-tokens:rawPredict, google_raw_predict, gora",
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
                .allMatch(path -> path.toLowerCase(java.util.Locale.ROOT).contains("count")
                        || path.equals("/v1/responses/input_tokens"));
    }

    @Test
    void offersEachPathOnce() {
        assertThat(WireFormats.ALL)
                .flatExtracting(WireFormat::operations)
                .extracting(operation -> operation.method() + " " + operation.path())
                .doesNotHaveDuplicates();
    }

    /** Clients look for these very words, braces included, to see which format a model speaks. */
    @Test
    void advertisesOnlyWhatAFlagIsNamedAfterAndInTheWordsThatClientsKnow() {
        assertThat(WireFormats.ALL)
                .filteredOn(WireFormat::isAdvertised)
                .allMatch(format -> format.name().equals(format.flag()))
                .extracting(WireFormat::endpoint)
                .containsExactlyInAnyOrder(
                        "/v1/chat/completions",
                        "/v1/responses",
                        "/v1/messages",
                        "/v1beta/models/{model}:generateContent",
                        "/v1/projects/{project}/locations/{region}/publishers/google/models/{model}:generateContent",
                        "/v1/projects/{project}/locations/{region}/publishers/anthropic/models/{model}:rawPredict",
                        "/bedrock/model/{model}/invoke",
                        "/bedrock/model/{model}/converse");
    }

    @Test
    void namesEachFormatOnce() {
        assertThat(WireFormats.ALL).extracting(WireFormat::name).doesNotHaveDuplicates();
    }

    @Test
    void findsEachFormatAtTheEndpointItAdvertises() {
        for (var format : WireFormats.ALL) {
            assertThat(formatOf(format.endpoint().replace("{region}", "{location}")))
                    .contains(format);
        }
    }

    private static Optional<WireFormat> formatOf(String path) {
        return WireFormats.ALL.stream()
                .filter(format -> format.operations().stream()
                        .anyMatch(it -> it.path().replace("{+", "{").equals(path)))
                .findFirst();
    }
}

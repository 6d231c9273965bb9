package dev.sluice.pricing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.ProviderRule;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CostBasisTest {
    private static final String ANYWHERE = "https://gateway.internal/";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "anthropic",
                "openai",
                "google",
                "vertex",
                "bedrock",
                "bedrock-us",
                "bedrock-eu",
                "bedrock-ap",
                "azure",
                "azure-eu",
                "azure-us",
                "openrouter",
                "vercel"
            })
    void takesThePolicysWord(String told) {
        assertThat(basis(provider("openai", ANYWHERE, told, "openai_chat"), false)
                        .map(basis -> basis.id))
                .contains(told);
    }

    @ParameterizedTest
    @CsvSource({
        "anthropic_messages, ANTHROPIC",
        "openai_chat, OPENAI",
        "openai_responses, OPENAI",
        "gemini_generate_content, GOOGLE",
        "google_generate_content, VERTEX",
        "google_raw_predict, VERTEX",
        "openai_chat+anthropic_messages, ANTHROPIC",
        "openai_chat+gemini_generate_content, GOOGLE",
        "google_raw_predict+anthropic_messages, VERTEX"
    })
    void infersFromFlagsTheMostSpecialFirst(String flags, CostBasis expected) {
        var provider = provider("mirror", ANYWHERE, null, flags.split("\\+"));

        assertThat(basis(provider, true)).contains(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"bedrock_model_invoke", "bedrock_converse", "anthropic_messages+bedrock_converse", "unheard_of"})
    void neverInfersBedrock(String flags) {
        assertThat(basis(provider("bedrock", ANYWHERE, null, flags.split("\\+")), true))
                .isEmpty();
    }

    @Test
    void neverInfersVercel() {
        var provider = provider("vercel", "https://ai-gateway.vercel.sh", null, "unheard_of");

        assertThat(basis(provider, true)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"openrouter, OPENROUTER", "anthropic, ANTHROPIC", "google, GOOGLE", "azure-eu, AZURE_EU"})
    void takesAnIdThatNamesAPriceListOverFlags(String id, CostBasis expected) {
        assertThat(basis(provider(id, ANYWHERE, null, "openai_chat"), true)).contains(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "https://openrouter.ai/api/, OPENROUTER",
        "https://eu.openrouter.ai/api/v1, OPENROUTER",
        "https://acme.openai.azure.com/openai/v1, AZURE",
        "https://acme.services.ai.azure.com/anthropic, AZURE",
        "https://notopenrouter.ai/api, OPENAI"
    })
    void takesATellingHostOverTheId(String baseUrl, CostBasis expected) {
        assertThat(basis(provider("openai", baseUrl, null, "openai_chat"), true))
                .contains(expected);
    }

    @Test
    void infersNothingWhereThePolicyForbidsIt() {
        assertThat(basis(provider("openai", ANYWHERE, null, "openai_chat"), false))
                .isEmpty();
    }

    @Test
    void doesNotFallBackFromAWordItDoesNotKnow() {
        assertThat(basis(provider("openai", ANYWHERE, "opnai", "openai_chat"), true))
                .isEmpty();
    }

    private static Optional<CostBasis> basis(ProviderRule provider, boolean inferred) {
        return CostBasis.of(provider, Place.of(provider.baseUrl()), inferred);
    }

    private static ProviderRule provider(String id, String baseUrl, @Nullable String told, String... flags) {
        return Samples.provider(id, baseUrl, told, Set.of(flags));
    }
}

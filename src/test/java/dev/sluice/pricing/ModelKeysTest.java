package dev.sluice.pricing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelKeysTest {
    private static final String ANYWHERE = "https://gateway.internal/";

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ANTHROPIC | claude-opus-4-1-20250805 | claude-opus-4-1-20250805 claude-opus-4-1
            ANTHROPIC | claude-opus-5            | claude-opus-5
            OPENAI    | gpt-5.5-2026-04-23       | gpt-5.5-2026-04-23 gpt-5.5
            GOOGLE    | gemini-3.8-flash         | gemini/gemini-3.8-flash gemini-3.8-flash
            GOOGLE    | models/gemini-3.8-flash  | gemini/gemini-3.8-flash gemini-3.8-flash
            VERTEX    | claude-opus-4-1@20250805 | vertex_ai/claude-opus-4-1@20250805 vertex_ai/claude-opus-4-1 claude-opus-4-1@20250805 claude-opus-4-1
            VERTEX    | claude-opus-4-1-20250805 | vertex_ai/claude-opus-4-1@20250805 vertex_ai/claude-opus-4-1 claude-opus-4-1-20250805 claude-opus-4-1
            AZURE     | gpt-5-2025-08-07         | azure/global/gpt-5-2025-08-07 azure/global/gpt-5 azure/gpt-5-2025-08-07 azure_ai/gpt-5-2025-08-07 gpt-5-2025-08-07 azure/gpt-5 azure_ai/gpt-5
            AZURE_US  | gpt-5                    | azure/us/gpt-5 azure/gpt-5 azure_ai/gpt-5 gpt-5
            VERCEL    | openai/gpt-5.5           | vercel_ai_gateway/openai/gpt-5.5 gpt-5.5
            VERCEL    | xai/grok-4               | vercel_ai_gateway/xai/grok-4
            OPENROUTER| anthropic/claude-opus-4.6| openrouter/anthropic/claude-opus-4.6 claude-opus-4-6
            OPENROUTER| google/gemini-3.8-flash  | openrouter/google/gemini-3.8-flash gemini/gemini-3.8-flash gemini-3.8-flash
            OPENROUTER| openai/gpt-5:batch       | openrouter/openai/gpt-5 gpt-5
            OPENROUTER| openai/gpt-5:nitro       | openrouter/openai/gpt-5:nitro openrouter/openai/gpt-5 gpt-5
            OPENROUTER| qwen/qwen3               | openrouter/qwen/qwen3
            OPENROUTER| auto                     | openrouter/auto
            """)
    void triesKeysInOrder(CostBasis basis, String model, String keys) {
        assertThat(keys(basis, ANYWHERE, model)).containsExactly(keys.split(" "));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            BEDROCK    | us.amazon.nova-lite-v1:0 | bedrock/eu-west-1/us.amazon.nova-lite-v1:0 us.amazon.nova-lite-v1:0 bedrock_mantle/us.amazon.nova-lite-v1:0 amazon.nova-lite-v1:0
            BEDROCK    | amazon.nova-lite-v1%3A0  | bedrock/eu-west-1/amazon.nova-lite-v1:0 amazon.nova-lite-v1:0 bedrock_mantle/amazon.nova-lite-v1:0
            BEDROCK_US | amazon.nova-lite-v1:0    | bedrock/eu-west-1/amazon.nova-lite-v1:0 us.amazon.nova-lite-v1:0 bedrock_mantle/amazon.nova-lite-v1:0 amazon.nova-lite-v1:0
            BEDROCK_EU | global.x.y               | bedrock/eu-west-1/global.x.y global.x.y bedrock_mantle/global.x.y x.y
            BEDROCK    | us-gov.x.y               | bedrock/eu-west-1/us-gov.x.y us-gov.x.y bedrock_mantle/us-gov.x.y x.y
            BEDROCK    | ca.x.y                   | bedrock/eu-west-1/ca.x.y ca.x.y bedrock_mantle/ca.x.y x.y
            BEDROCK    | arn:aws:bedrock:eu-west-1::foundation-model/x.y-v1:0 | bedrock/eu-west-1/x.y-v1:0 x.y-v1:0 bedrock_mantle/x.y-v1:0
            BEDROCK    | arn:aws:bedrock:eu-west-1:1:inference-profile%2Feu.x.y | bedrock/eu-west-1/eu.x.y eu.x.y bedrock_mantle/eu.x.y x.y
            """)
    void triesBedrocksRegionAndPrefix(CostBasis basis, String model, String keys) {
        assertThat(keys(basis, "https://bedrock-runtime.eu-west-1.amazonaws.com", model))
                .containsExactly(keys.split(" "));
    }

    @ParameterizedTest
    @CsvSource({
        "claude-sonnet-4-5@20250929, 1.1",
        "claude-sonnet-4-5-20250929, 1.1",
        "claude-opus-5, 1.1",
        "claude-fable-5-1, 1.1",
        "claude-opus-4-1@20250805, 1",
        "claude-opus-4@20250514, 1",
        "claude-opus-4-20250514, 1",
        "claude-3-5-sonnet@20240620, 1",
        "gemini-3.8-flash, 1"
    })
    void chargesTheVertexPremiumSinceClaude45(String model, String factor) {
        var candidates =
                new ModelKeys(CostBasis.VERTEX, Place.of("https://us-east5-aiplatform.googleapis.com")).of(model, true);

        assertThat(candidates)
                .extracting(candidate -> candidate.factor().toString())
                .containsOnly(factor);
    }

    @Test
    void chargesTheZonePremiumOnlyOnGlobalAzurePrices() {
        var candidates = new ModelKeys(CostBasis.AZURE_EU, Place.of(ANYWHERE)).of("gpt-5", false);

        assertThat(candidates.distinct())
                .extracting(candidate -> candidate.key() + " " + candidate.factor())
                .containsExactly("azure/eu/gpt-5 1", "azure/gpt-5 1.1", "azure_ai/gpt-5 1.1", "gpt-5 1.1");
    }

    private static List<String> keys(CostBasis basis, String baseUrl, String model) {
        return new ModelKeys(basis, Place.of(baseUrl))
                .of(model, false)
                .map(Candidate::key)
                .distinct()
                .toList();
    }
}

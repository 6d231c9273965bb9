package dev.sluice.pricing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PriceLineTest {
    @ParameterizedTest
    @CsvSource({
        "input_cost_per_token, INPUT, 0, STANDARD",
        "output_cost_per_token_flex, OUTPUT, 0, FLEX",
        "input_cost_per_token_batches, INPUT, 0, BATCH",
        "input_cost_per_token_above_128k_tokens, INPUT, 128000, STANDARD",
        "input_cost_per_token_above_200k_tokens_priority, INPUT, 200000, PRIORITY",
        "output_cost_per_token_above_1m_tokens, OUTPUT, 1000000, STANDARD",
        "cache_creation_input_token_cost_above_1hr, CACHE_WRITE_1H, 0, STANDARD",
        "cache_creation_input_token_cost_above_1hr_above_200k_tokens, CACHE_WRITE_1H, 200000, STANDARD",
        "cache_creation_input_token_cost_above_272k_tokens_flex, CACHE_WRITE, 272000, FLEX",
        "input_cost_per_image_token, INPUT_IMAGE, 0, STANDARD",
        "input_cost_per_audio_token_priority, INPUT_AUDIO, 0, PRIORITY",
        "output_cost_per_reasoning_token, REASONING, 0, STANDARD"
    })
    void takesAFieldsNameApart(String field, Meter meter, long mark, Tier tier) {
        assertThat(PriceLine.named(field)).contains(new PriceLine(meter, mark, tier));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "input_cost_per_image",
                "input_cost_per_token_cache_hit",
                "input_cost_per_audio_per_second",
                "input_cost_per_image_above_128k_tokens",
                "output_cost_per_token_above_many_tokens",
                "mode"
            })
    void leavesOtherFieldsAlone(String field) {
        assertThat(PriceLine.named(field)).isEmpty();
    }
}

package dev.sluice.pricing;

/** What a price table sets a rate for, a token at a time. */
enum Meter {
    INPUT("input_cost_per_token"),
    INPUT_AUDIO("input_cost_per_audio_token"),
    INPUT_IMAGE("input_cost_per_image_token"),
    CACHE_READ("cache_read_input_token_cost"),
    CACHE_WRITE_1H("cache_creation_input_token_cost_above_1hr"),
    CACHE_WRITE("cache_creation_input_token_cost"),
    OUTPUT("output_cost_per_token"),
    OUTPUT_AUDIO("output_cost_per_audio_token"),
    OUTPUT_IMAGE("output_cost_per_image_token"),
    REASONING("output_cost_per_reasoning_token");

    /** The field's name in the table, before any suffix. */
    final String field;

    Meter(String field) {
        this.field = field;
    }
}

package dev.sluice.wire.numbers;

import static dev.sluice.wire.JsonShape.object;
import static dev.sluice.wire.JsonShape.text;

import dev.sluice.wire.AnswerReader;
import dev.sluice.wire.JsonAnswers;
import dev.sluice.wire.JsonShape;

/** Reads answers that are numbers, and skips the numbers. */
final class NumberAnswers {
    /** What is read of them. */
    enum Field {
        ANSWER,
        MODEL,
        USAGE,
        PROMPT_TOKENS,
        TOTAL_TOKENS,
        META,
        BILLED_UNITS,
        BILLED_TOKENS,
        SEARCH_UNITS,
        ERROR,
        ERROR_TYPE,
        ERROR_CODE,
        ERROR_MESSAGE,
        FLAT_TYPE,
        FLAT_CODE,
        FLAT_MESSAGE
    }

    private static final JsonShape<Field> SHAPE = object(Field.ANSWER)
            .with("model", text(Field.MODEL))
            .with(
                    "usage",
                    object(Field.USAGE)
                            .with("prompt_tokens", text(Field.PROMPT_TOKENS))
                            .with("total_tokens", text(Field.TOTAL_TOKENS)))
            // Cohere's.
            .with(
                    "meta",
                    object(Field.META)
                            .with(
                                    "billed_units",
                                    object(Field.BILLED_UNITS)
                                            .with("input_tokens", text(Field.BILLED_TOKENS))
                                            .with("search_units", text(Field.SEARCH_UNITS))))
            .with(
                    "error",
                    text(Field.ERROR)
                            .with("type", text(Field.ERROR_TYPE))
                            .with("code", text(Field.ERROR_CODE))
                            .with("message", text(Field.ERROR_MESSAGE)))
            .with("type", text(Field.FLAT_TYPE))
            .with("code", text(Field.FLAT_CODE))
            .with("message", text(Field.FLAT_MESSAGE));

    private NumberAnswers() {}

    static AnswerReader reader() {
        return JsonAnswers.reader(SHAPE, new NumberTally());
    }
}

package dev.sluice.wire.numbers;

import dev.sluice.wire.AnswerTally;
import dev.sluice.wire.Counts;
import dev.sluice.wire.ErrorFields;
import dev.sluice.wire.FinishReason;
import dev.sluice.wire.JsonText;
import dev.sluice.wire.Usage;
import dev.sluice.wire.numbers.NumberAnswers.Field;

/** What answers that are numbers tell. */
final class NumberTally extends AnswerTally<Field> {
    private final Counts<Field> counts = new Counts<>(Field.class);
    private final ErrorFields errorFields = new ErrorFields();
    private final ErrorFields flatFields = new ErrorFields();
    private boolean errorTold;
    private boolean whole;

    @Override
    public void begin(Field field) {
        errorTold |= field == Field.ERROR;
    }

    @Override
    public void end(Field field) {
        whole |= field == Field.ANSWER;
    }

    @Override
    public void string(Field field, JsonText text) {
        switch (field) {
            case MODEL -> model = known(model, text);
            case ERROR -> {
                errorTold |= !text.isEmpty();
                errorFields.message(text);
            }
            case ERROR_TYPE -> errorFields.type(text);
            case ERROR_CODE -> errorFields.code(text);
            case ERROR_MESSAGE -> errorFields.message(text);
            case FLAT_TYPE -> flatFields.type(text);
            case FLAT_CODE -> flatFields.code(text);
            case FLAT_MESSAGE -> flatFields.message(text);
            default -> {}
        }
    }

    @Override
    public void number(Field field, JsonText text) {
        switch (field) {
            case ERROR_CODE -> errorFields.code(text);
            case FLAT_CODE -> flatFields.code(text);
            default -> counts.tell(field, text.count());
        }
    }

    @Override
    protected void commit(boolean namedError) {
        if (isUsageTold()) {
            usage = new Usage(promptTokens(), 0, 0, 0, 0, 0, 0, 0, 0, 0, counts.of(Field.SEARCH_UNITS));
        }
        if (errorTold) {
            error = errorFields.toError();
        } else if (usage == null && flatFields.hasMessage()) {
            // vLLM, Cohere and what stands before a provider: a bare message.
            error = flatFields.toError();
        } else if (whole) {
            finishReason = FinishReason.STOP;
        }
    }

    private boolean isUsageTold() {
        return counts.tells(Field.PROMPT_TOKENS)
                || counts.tells(Field.TOTAL_TOKENS)
                || counts.tells(Field.BILLED_TOKENS)
                || counts.tells(Field.SEARCH_UNITS);
    }

    /** Nothing is generated, so the total is the prompt where only that is told. */
    private long promptTokens() {
        if (counts.of(Field.PROMPT_TOKENS) > 0) {
            return counts.of(Field.PROMPT_TOKENS);
        }
        return Math.max(counts.of(Field.TOTAL_TOKENS), counts.of(Field.BILLED_TOKENS));
    }
}

package dev.sluice.wire;

import dev.sluice.wire.Answer.AnswerError;
import org.jspecify.annotations.Nullable;

/** An error object while its fields come in. */
public final class ErrorFields {
    private @Nullable String type;
    private @Nullable String code;
    private @Nullable String message;

    public void type(JsonText text) {
        type = text.toString();
    }

    public void code(JsonText text) {
        code = text.toString();
    }

    public void message(JsonText text) {
        message = text.toString();
    }

    public boolean isEmpty() {
        return type == null && code == null && message == null;
    }

    public boolean hasMessage() {
        return message != null;
    }

    public AnswerError toError() {
        return new AnswerError(type, code, message);
    }
}

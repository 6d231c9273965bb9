package dev.sluice.wire.bedrock;

import dev.sluice.wire.Answer.AnswerError;
import dev.sluice.wire.Headers;
import dev.sluice.wire.JsonText;
import org.jspecify.annotations.Nullable;

/** An error of Bedrock's while its fields come in: the type stands in a header, sometimes in the body. */
final class AmazonError {
    private @Nullable String type;
    private @Nullable String message;

    AmazonError(Headers header) {
        var told = header.value(AmazonErrors.TYPE_HEADER);
        // ThrottlingException:http://internal.amazon.com/coral/...
        type = told == null ? null : told.split(":", 2)[0].strip();
    }

    /** {@code com.amazon.coral.service#UnrecognizedClientException}, with or without what stands before the last word. */
    void type(JsonText text) {
        var told = text.toString();
        type = type == null ? told.substring(told.indexOf('#') + 1) : type;
    }

    void message(JsonText text) {
        message = text.toString();
    }

    /**
     * The error; null when there is none.
     *
     * @param elseTold whether the answer tells anything else, so that a message is not an error's
     */
    @Nullable
    AnswerError toError(boolean elseTold) {
        return type != null || (message != null && !elseTold) ? new AnswerError(type, null, message) : null;
    }
}

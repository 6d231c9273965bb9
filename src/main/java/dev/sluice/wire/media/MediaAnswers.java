package dev.sluice.wire.media;

import static dev.sluice.wire.JsonShape.characters;
import static dev.sluice.wire.JsonShape.object;
import static dev.sluice.wire.JsonShape.text;

import dev.sluice.wire.AnswerHead;
import dev.sluice.wire.AnswerReader;
import dev.sluice.wire.Framing;
import dev.sluice.wire.JsonAnswers;
import dev.sluice.wire.JsonShape;
import dev.sluice.wire.SseAnswers;

/** Readers of pictures, speech and transcripts. */
final class MediaAnswers {
    /** What is read of them. */
    enum Field {
        EVENT,
        TYPE,
        DELTA,
        TEXT,
        PICTURE,
        PICTURE_TEXT,
        USAGE,
        INPUT_TOKENS,
        INPUT_DETAILS,
        CACHED_TOKENS,
        INPUT_AUDIO_TOKENS,
        INPUT_IMAGE_TOKENS,
        OUTPUT_TOKENS,
        OUTPUT_DETAILS,
        OUTPUT_TEXT_TOKENS,
        OUTPUT_IMAGE_TOKENS,
        ERROR,
        ERROR_TYPE,
        ERROR_CODE,
        ERROR_MESSAGE,
        FLAT_CODE,
        FLAT_MESSAGE
    }

    private static final JsonShape<Field> INPUT_DETAILS = object(Field.INPUT_DETAILS)
            .with("cached_tokens", text(Field.CACHED_TOKENS))
            .with("audio_tokens", text(Field.INPUT_AUDIO_TOKENS))
            .with("image_tokens", text(Field.INPUT_IMAGE_TOKENS));

    private static final JsonShape<Field> USAGE = object(Field.USAGE)
            .with("input_tokens", text(Field.INPUT_TOKENS))
            // Transcripts say it without the s.
            .with("input_token_details", INPUT_DETAILS)
            .with("input_tokens_details", INPUT_DETAILS)
            .with("output_tokens", text(Field.OUTPUT_TOKENS))
            .with(
                    "output_tokens_details",
                    object(Field.OUTPUT_DETAILS)
                            .with("text_tokens", text(Field.OUTPUT_TEXT_TOKENS))
                            .with("image_tokens", text(Field.OUTPUT_IMAGE_TOKENS)));

    private static final JsonShape<Field> SHAPE = object(Field.EVENT)
            .with("type", text(Field.TYPE))
            .with("delta", characters(Field.DELTA))
            .with("text", characters(Field.TEXT))
            .with("data", object(Field.PICTURE).with("revised_prompt", characters(Field.PICTURE_TEXT)))
            .with("usage", USAGE)
            .with(
                    "error",
                    text(Field.ERROR)
                            .with("type", text(Field.ERROR_TYPE))
                            .with("code", text(Field.ERROR_CODE))
                            .with("message", text(Field.ERROR_MESSAGE)))
            .with("code", text(Field.FLAT_CODE))
            .with("message", text(Field.FLAT_MESSAGE));

    private MediaAnswers() {}

    /**
     * A reader for an answer.
     *
     * @param bytesPerCharacter of a body that is neither JSON nor a stream: what stands for one character of output
     */
    static AnswerReader of(Medium medium, AnswerHead head, int bytesPerCharacter) {
        var tally = new MediaTally(medium);
        return head.framing() == Framing.SSE
                ? SseAnswers.reader(SHAPE, tally, false)
                : new AnyBody(JsonAnswers.reader(SHAPE, tally), tally, bytesPerCharacter);
    }
}

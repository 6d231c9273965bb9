package dev.sluice.wire.media;

import dev.sluice.wire.AnswerTally;
import dev.sluice.wire.Counts;
import dev.sluice.wire.ErrorFields;
import dev.sluice.wire.FinishReason;
import dev.sluice.wire.JsonText;
import dev.sluice.wire.Usage;
import dev.sluice.wire.media.MediaAnswers.Field;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What pictures, speech and transcripts tell, in a document or in events. */
final class MediaTally extends AnswerTally<Field> {
    /** A picture of the largest size at high quality: what one is taken for that nobody counted. */
    static final long PICTURE_TOKENS = 6_240;

    /** What a picture that is still being drawn costs to look at. */
    private static final long PARTIAL_PICTURE_TOKENS = 100;

    private static final int CHARACTERS_PER_TOKEN = 4;

    private static final Set<String> LAST_EVENTS =
            Set.of("image_generation.completed", "image_edit.completed", "speech.audio.done", "transcript.text.done");
    private static final Set<String> PARTIAL_PICTURES =
            Set.of("image_generation.partial_image", "image_edit.partial_image");

    private final Medium medium;

    /** Each of several pictures in one stream tells its own. */
    private final Counts<Field> told = new Counts<>(Field.class);

    // The current event.
    private final Counts<Field> counts = new Counts<>(Field.class);
    private @Nullable String type;
    private long delta;
    private long text;
    private long pictures;
    private boolean whole;
    private boolean errorTold;
    private ErrorFields errorFields = new ErrorFields();
    private ErrorFields flatFields = new ErrorFields();

    MediaTally(Medium medium) {
        this.medium = medium;
    }

    /** Output that stands in no field, as a file of sound does. */
    void count(long characters) {
        outputChars += characters;
        textChars += medium == Medium.TRANSCRIPT ? characters : 0;
    }

    @Override
    public void begin(Field field) {
        switch (field) {
            case EVENT -> beginEvent();
            case PICTURE -> pictures++;
            case ERROR -> errorTold = true;
            default -> {}
        }
    }

    @Override
    public void end(Field field) {
        whole |= field == Field.EVENT;
    }

    @Override
    public void string(Field field, JsonText value) {
        switch (field) {
            case TYPE -> type = value.toString();
            case DELTA -> delta = value.characters();
            case TEXT -> text = value.characters();
            case ERROR -> {
                errorTold |= !value.isEmpty();
                errorFields.message(value);
            }
            case ERROR_TYPE -> errorFields.type(value);
            case ERROR_CODE -> errorFields.code(value);
            case ERROR_MESSAGE -> errorFields.message(value);
            case FLAT_CODE -> flatFields.code(value);
            case FLAT_MESSAGE -> flatFields.message(value);
            default -> {}
        }
    }

    @Override
    public void number(Field field, JsonText value) {
        switch (field) {
            case ERROR_CODE -> errorFields.code(value);
            case FLAT_CODE -> flatFields.code(value);
            default -> counts.tell(field, value.count());
        }
    }

    private void beginEvent() {
        counts.clear();
        type = null;
        delta = 0;
        text = 0;
        pictures = 0;
        whole = false;
        if (errorTold || !errorFields.isEmpty() || !flatFields.isEmpty()) {
            errorTold = false;
            errorFields = new ErrorFields();
            flatFields = new ErrorFields();
        }
    }

    @Override
    protected void commit(boolean namedError) {
        var isEvent = type != null;
        commitOutput();
        if (counts.tells(Field.INPUT_TOKENS) || counts.tells(Field.OUTPUT_TOKENS)) {
            told.add(counts);
            usage = usage();
        }
        if (errorTold) {
            error = errorFields.toError();
        } else if (namedError || "error".equals(type) || isFrontError()) {
            error = flatFields.toError();
        } else if (whole && (!isEvent || LAST_EVENTS.contains(type))) {
            finishReason = FinishReason.STOP;
            finished = isEvent;
        }
    }

    private boolean isFrontError() {
        return type == null && usage == null && pictures == 0 && text == 0 && flatFields.hasMessage();
    }

    private void commitOutput() {
        switch (medium) {
            case PICTURES -> {
                var completed = type == null ? pictures : LAST_EVENTS.contains(type) ? 1 : 0;
                var partial = type != null && PARTIAL_PICTURES.contains(type) ? 1 : 0;
                outputChars += CHARACTERS_PER_TOKEN * (completed * PICTURE_TOKENS + partial * PARTIAL_PICTURE_TOKENS);
            }
            case TRANSCRIPT -> {
                // The last event says all of it again.
                textChars = Math.max(textChars + delta, text);
                outputChars = textChars;
            }
            case SPEECH -> count(delta / (AnyBody.SPEECH_BYTES_PER_CHARACTER * 4L / 3));
        }
    }

    private Usage usage() {
        var input = told.of(Field.INPUT_TOKENS);
        var cached = Math.min(told.of(Field.CACHED_TOKENS), input);
        var output = told.of(Field.OUTPUT_TOKENS);
        return new Usage(
                input - cached,
                cached,
                0,
                0,
                output,
                0,
                told.of(Field.INPUT_AUDIO_TOKENS),
                medium == Medium.SPEECH ? output : 0,
                told.of(Field.INPUT_IMAGE_TOKENS),
                medium == Medium.PICTURES ? imageTokens(output) : 0,
                0);
    }

    /** All that is no text is picture. */
    private long imageTokens(long output) {
        return told.tells(Field.OUTPUT_IMAGE_TOKENS)
                ? Math.min(told.of(Field.OUTPUT_IMAGE_TOKENS), output)
                : Math.max(0, output - told.of(Field.OUTPUT_TEXT_TOKENS));
    }
}

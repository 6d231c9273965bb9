package dev.sluice.wire;

import dev.sluice.wire.Answer.AnswerError;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * Reads an answer of {@code application/vnd.amazon.eventstream} as it passes. Exceptions are the same in all of them and are read here;
 * events are handed on. A frame that fails a checksum ends the reading, never the passing.
 */
public final class EventAnswers implements AnswerReader {
    private final EventReader events;
    private final EventFrames frames = new EventFrames(new Reading());
    private @Nullable AnswerError error;
    private boolean failed;

    private EventAnswers(EventReader events) {
        this.events = events;
    }

    /** Reads an answer whose events this reader understands. */
    public static AnswerReader reader(EventReader events) {
        return new EventAnswers(events);
    }

    @Override
    public ByteString read(ByteString bytes) {
        if (!failed && !frames.broken()) {
            try {
                AnswerBytes.forEachPiece(bytes, (piece, length, offset) -> frames.read(piece, 0, length));
            } catch (RuntimeException e) {
                // A reader that fails never harms the answer: it only stops reading.
                failed = true;
            }
        }
        return bytes;
    }

    @Override
    public ByteString end() {
        return ByteString.emptyByteString();
    }

    /** Within a frame, or behind a broken one, whatever is sent would be taken for a part of it. */
    @Override
    public ByteString lastWords(ByteString event) {
        return !failed && frames.between() ? event : ByteString.emptyByteString();
    }

    @Override
    public Answer answer() {
        var answer = events.answer();
        return error == null ? answer : answer.failed(error);
    }

    private final class Reading implements EventFrames.Listener {
        private FrameHeaders headers = new FrameHeaders(true, null, null);
        private @Nullable ExceptionPayload payload;

        @Override
        public void begin(FrameHeaders read) {
            headers = read;
            payload = read.isEvent() ? null : new ExceptionPayload();
        }

        @Override
        public void payload(byte[] bytes, int from, int to) {
            if (payload == null) {
                events.feed(bytes, from, to);
            } else {
                payload.feed(bytes, from, to);
            }
        }

        @Override
        public void end() {
            if (payload == null) {
                events.end();
            } else if (error == null) {
                var message = payload.message();
                error = new AnswerError(headers.type(), null, message == null ? headers.message() : message);
            }
        }
    }

    /** {@code {"message": ...}}. */
    private static final class ExceptionPayload implements JsonListener<ExceptionPayload.Field> {
        /** What is read of it. */
        enum Field {
            EXCEPTION,
            MESSAGE
        }

        private static final JsonShape<Field> SHAPE = JsonShape.object(Field.EXCEPTION)
                .with("message", JsonShape.text(Field.MESSAGE))
                .with("Message", JsonShape.text(Field.MESSAGE));

        private final JsonLexer<Field> lexer = new JsonLexer<>(SHAPE, this);
        private @Nullable String message;

        void feed(byte[] bytes, int from, int to) {
            lexer.feed(bytes, from, to);
        }

        @Nullable
        String message() {
            return message;
        }

        @Override
        public void begin(Field field) {}

        @Override
        public void end(Field field) {}

        @Override
        public void string(Field field, JsonText text) {
            message = text.toString();
        }

        @Override
        public void number(Field field, JsonText text) {}
    }
}

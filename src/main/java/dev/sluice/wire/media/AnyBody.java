package dev.sluice.wire.media;

import dev.sluice.wire.Answer;
import dev.sluice.wire.AnswerReader;
import org.apache.pekko.util.ByteString;

/**
 * Reads an answer that is a JSON document, or else a file: sound, or a transcript as plain text. Its first byte tells, for the
 * content types of these are many, and an error comes as JSON under any of them.
 */
final class AnyBody implements AnswerReader {
    /**
     * Models of speech make about 21 tokens a second; MP3 at 128 kbit/s, the usual form, has 16,000 bytes a second. At four
     * characters a token, as all estimates count, one character stands for so many bytes.
     */
    static final int SPEECH_BYTES_PER_CHARACTER = 190;

    private enum Kind {
        UNTOLD,
        JSON,
        FILE
    }

    private final AnswerReader json;
    private final MediaTally tally;
    private final int bytesPerCharacter;
    private Kind kind = Kind.UNTOLD;
    private long bytes;

    AnyBody(AnswerReader json, MediaTally tally, int bytesPerCharacter) {
        this.json = json;
        this.tally = tally;
        this.bytesPerCharacter = bytesPerCharacter;
    }

    @Override
    public ByteString read(ByteString piece) {
        if (kind == Kind.UNTOLD) {
            kind = kindOf(piece);
        }
        if (kind == Kind.FILE) {
            var before = bytes / bytesPerCharacter;
            bytes += piece.size();
            tally.count(bytes / bytesPerCharacter - before);
        } else {
            json.read(piece);
        }
        return piece;
    }

    private static Kind kindOf(ByteString piece) {
        for (var at = 0; at < piece.size(); at++) {
            var b = piece.apply(at);
            if (b == '{') {
                return Kind.JSON;
            }
            if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
                return Kind.FILE;
            }
        }
        return Kind.UNTOLD;
    }

    @Override
    public ByteString end() {
        return kind == Kind.FILE ? ByteString.emptyByteString() : json.end();
    }

    /** A document has no room behind it. */
    @Override
    public ByteString lastWords(ByteString event) {
        return ByteString.emptyByteString();
    }

    @Override
    public Answer answer() {
        return json.answer();
    }
}

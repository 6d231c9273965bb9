package dev.sluice.wire;

import org.apache.pekko.util.ByteString;

/**
 * An answer in a coding that nobody here can decode: passed on, nothing learnt.
 *
 * @param reader knows what is known of an answer before its first byte
 */
record UnreadAnswer(AnswerReader reader) implements AnswerReader {
    @Override
    public ByteString read(ByteString bytes) {
        return bytes;
    }

    @Override
    public ByteString end() {
        return ByteString.emptyByteString();
    }

    /** Nothing plain can stand in what is compressed. */
    @Override
    public ByteString lastWords(ByteString event) {
        return ByteString.emptyByteString();
    }

    @Override
    public Answer answer() {
        return reader.answer();
    }
}

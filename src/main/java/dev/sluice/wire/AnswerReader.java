package dev.sluice.wire;

import org.apache.pekko.util.ByteString;

/**
 * Reads an answer beside its bytes. One instance per answer, used by one thread at a time. Never throws: bytes that it
 * cannot make sense of end its reading, not the answer. Memory is bounded, whatever comes.
 */
public interface AnswerReader {
    /**
     * An event that may have to be hidden is held back up to this length; one that is longer tells more than usage, and passes.
     * One that is only read may have any length.
     */
    int MAX_HELD_BYTES = 64 * 1024;

    /** Tool arguments kept per answer. */
    int MAX_ARGUMENT_BYTES = 1024 * 1024;

    /**
     * Takes the next bytes and returns what is to be sent on for them: the same instance, unless the reader hides
     * something from the client.
     */
    ByteString read(ByteString bytes);

    /** What was held back and is still to be sent when the answer has ended; mostly empty. */
    ByteString end();

    /**
     * An error of ours, behind all that was sent, when the answer broke off; empty where it cannot stand.
     *
     * @param event the format's {@link WireFormat#errorEvent}
     */
    default ByteString lastWords(ByteString event) {
        return event;
    }

    /** What is known so far; cheap enough to call at any time, whole after {@link #end}. */
    Answer answer();
}

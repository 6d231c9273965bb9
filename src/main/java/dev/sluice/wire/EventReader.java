package dev.sluice.wire;

/**
 * Makes sense of events, one after the other, each given in pieces and then ended. What is not ended counts for nothing. One instance
 * an answer, used by one thread at a time.
 */
public interface EventReader {
    /** The next bytes of the event, good for this call only. */
    void feed(byte[] bytes, int from, int to);

    /** The event has ended, whole and sound. */
    void end();

    /** What is known so far. */
    Answer answer();
}

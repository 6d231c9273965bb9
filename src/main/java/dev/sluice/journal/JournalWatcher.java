package dev.sluice.journal;

/** Hears how long writes take, on the writing thread: it must be quick, and must not fail. */
public interface JournalWatcher {
    /**
     * A transaction of writes that somebody waits for is over.
     *
     * @param size         writes in it
     * @param nanos        it took
     * @param longestNanos since the first of them was handed over
     */
    void committed(int size, long nanos, long longestNanos);
}

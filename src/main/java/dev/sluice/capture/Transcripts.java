package dev.sluice.capture;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.apache.pekko.http.javadsl.model.HttpRequest;

/** Begins transcripts, and bounds the bytes of all of them together. Safe to share. */
public final class Transcripts {
    private final long max;
    private final AtomicLong held = new AtomicLong();
    private final LongAdder dropped = new LongAdder();

    /** @param max bytes of all transcripts that are not freed yet */
    public Transcripts(long max) {
        this.max = max;
    }

    /**
     * The transcript of a request.
     *
     * @param request only its head is looked at
     * @param body    of it, without its content coding; not changed by anybody from here on
     */
    public Transcript begin(HttpRequest request, byte[] body) {
        return new Transcript(this, request, body);
    }

    /** Transcripts that were given up because there was no room for them. */
    public long dropped() {
        return dropped.sum();
    }

    /** Bytes held now. */
    public long held() {
        return held.get();
    }

    boolean take(long bytes) {
        if (held.addAndGet(bytes) <= max) {
            return true;
        }
        held.addAndGet(-bytes);
        return false;
    }

    void give(long bytes) {
        held.addAndGet(-bytes);
    }

    void countDropped() {
        dropped.increment();
    }
}

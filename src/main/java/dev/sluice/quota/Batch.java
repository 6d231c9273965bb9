package dev.sluice.quota;

import dev.sluice.cluster.JsonSerializable;
import dev.sluice.journal.Crowd;
import java.time.Instant;
import java.util.List;

/** The event of a bucket: everything decided since the last one, in order, at one instant. */
record Batch(Instant at, List<Change> changes) implements JsonSerializable, Crowd {

    /** Nobody waits for the end of a request to be written, and everybody for its beginning. */
    @Override
    public int waiting() {
        return (int) changes.stream().filter(Change.Reserved.class::isInstance).count();
    }
}

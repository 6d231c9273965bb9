package dev.sluice.journal;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An event as the file holds it.
 *
 * @param ordering its place among all events; 0 before it has one
 * @param written  milliseconds of the epoch
 * @param tags     empty when read: no reader asks
 * @param event    what the payload was made of; null when read
 */
record StoredEvent(
        long ordering,
        String persistenceId,
        long seq,
        String writer,
        long written,
        Payload payload,
        @Nullable Payload metadata,
        Set<String> tags,
        @Nullable Object event) {

    /** In its place. */
    StoredEvent at(long place) {
        return new StoredEvent(place, persistenceId, seq, writer, written, payload, metadata, tags, event);
    }
}

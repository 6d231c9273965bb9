package dev.sluice.key;

import java.time.Instant;

/**
 * A key as it was made.
 *
 * @param id        public: it stands in the key, in lists and in the log
 * @param createdBy login of the administrator who made it
 */
public record KeyRecord(String id, KeyTerms terms, Instant created, String createdBy) {
    /** The bucket of its own, if it has one. */
    public String bucket() {
        return "key:" + id;
    }
}

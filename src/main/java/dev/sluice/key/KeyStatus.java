package dev.sluice.key;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A key, and what became of it.
 *
 * @param revoked  null: it was not
 * @param lastUsed to the minute; null: it never was
 */
public record KeyStatus(
        KeyRecord key, @Nullable Instant revoked, @Nullable Instant lastUsed) {
    public boolean isExpired(Instant now) {
        var expires = key.terms().expires();
        return expires != null && !now.isBefore(expires);
    }
}

package dev.sluice.key;

import dev.sluice.cluster.JsonSerializable;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What is known of a key. */
sealed interface KeyState extends JsonSerializable {

    KeyState apply(KeyEvent event);

    /** Nobody made it. */
    record Absent() implements KeyState {
        @Override
        public KeyState apply(KeyEvent event) {
            return switch (event) {
                case KeyCreated(var key, var sha256) -> new Present(key, sha256, null, null);
                case KeyRevoked _, KeyUsed _ -> throw new IllegalStateException(event + " of a key that nobody made");
            };
        }
    }

    /** Somebody did. */
    record Present(
            KeyRecord key,
            String sha256,
            @Nullable Instant revoked,
            @Nullable Instant lastUsed) implements KeyState {
        @Override
        public KeyState apply(KeyEvent event) {
            return switch (event) {
                case KeyCreated _ -> throw new IllegalStateException("made twice: " + key.id());
                case KeyRevoked(var at, var _) -> new Present(key, sha256, at, lastUsed);
                case KeyUsed(var at) -> new Present(key, sha256, revoked, at);
            };
        }

        KeyStatus status() {
            return new KeyStatus(key, revoked, lastUsed);
        }
    }
}

package dev.sluice.session;

import dev.sluice.cluster.JsonSerializable;
import org.jspecify.annotations.Nullable;

/**
 * The event of a caller's index of responses: this response belongs to that session, and was made there.
 *
 * @param response a hash; see {@link SessionNames#response}
 * @param provider null in events of the first version, as is the model
 */
record ResponseLinked(
        String response,
        String session,
        @Nullable String provider,
        @Nullable String model) implements JsonSerializable {}

package dev.sluice.session;

import dev.sluice.cluster.JsonSerializable;

/**
 * The event of a caller's index of responses: this response belongs to that session.
 *
 * @param response a hash; see {@link SessionNames#response}
 */
record ResponseLinked(String response, String session) implements JsonSerializable {}

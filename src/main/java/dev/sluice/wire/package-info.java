/**
 * Ground: the wire formats, SSE frames, {@link dev.sluice.wire.Usage} and tool calls. Not for: prices, access, connections.
 */
@NullMarked
package dev.sluice.wire;

import org.jspecify.annotations.NullMarked;

/**
 * Ground: the wire formats, SSE frames, {@link dev.sluice.wire.Usage} and tool calls. Not for: prices, access, connections.
 *
 * <p>Requests: we chose one pass of Jackson's token parser over the body's own bytes over a tree, because a body may be
 * 50 MB of picture and because an edit must know its byte range. We chose to refuse what two parsers may read
 * differently (a field that matters twice or in another case, anything but UTF-8) over reading it in some way, because
 * what is granted must be what is served. Formats describe themselves to {@link dev.sluice.wire.RequestReader} as a
 * {@link dev.sluice.wire.RequestShape}; we chose that over a reader for each, because they differ in names only.
 */
@NullMarked
package dev.sluice.wire;

import org.jspecify.annotations.NullMarked;

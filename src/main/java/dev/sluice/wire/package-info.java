/**
 * Ground: the wire formats, SSE frames, {@link dev.sluice.wire.Usage} and tool calls. Not for: prices, access, connections.
 *
 * <p>We chose a lexer of our own over Jackson's non-blocking parser for answers, because that one holds every string whole: a
 * picture of 20 MB in base64 would cost each stream twice that, or end the reading before the usage behind it. Ours skips
 * what no format asks for, is fed documents and events alike, however they are cut, and is checked against Jackson by a
 * property test. Since it finds fields where they stand, nothing in a text can be taken for one, and a plain event costs
 * about half a microsecond and no parse.
 *
 * <p>We chose to take over what an event tells only when it has ended, over taking it as it comes: half an event never
 * reached the client either.
 */
@NullMarked
package dev.sluice.wire;

import org.jspecify.annotations.NullMarked;

/**
 * Ground: the wire formats, SSE and AWS event-stream frames, {@link dev.sluice.wire.Usage} and tool calls. Not for: prices, access, connections.
 *
 * <p>Requests: we chose one pass of Jackson's token parser over the body's own bytes over a tree, because a body may be
 * 50 MB of picture and because an edit must know its byte range. We chose to refuse what two parsers may read
 * differently (a field that matters twice or in another case, anything but UTF-8) over reading it in some way, because
 * what is granted must be what is served. Formats describe themselves to {@link dev.sluice.wire.RequestReader} as a
 * {@link dev.sluice.wire.RequestShape}; we chose that over a reader for each, because they differ in names only.
 *
 * <p>We chose a lexer of our own over Jackson's non-blocking parser for answers, because that one holds every string whole: a
 * picture of 20 MB in base64 would cost each stream twice that, or end the reading before the usage behind it. Ours skips
 * what no format asks for, is fed documents and events alike, however they are cut, and is checked against Jackson by a
 * property test. Since it finds fields where they stand, nothing in a text can be taken for one, and a plain event costs
 * about half a microsecond and no parse.
 *
 * <p>For the record, {@link dev.sluice.wire.Retold} puts streams together again, each as the document that its provider would have answered. We chose
 * trees there, and to keep what nobody knows, over the fields that we count: nobody waits for it, and whoever reads a record wants all of it.
 * Events are cut by the classes that cut them on their way, so both see the same ones.
 *
 * <p>We chose to take over what an event tells only when it has ended, over taking it as it comes: half an event never
 * reached the client either.
 */
@NullMarked
package dev.sluice.wire;

import org.jspecify.annotations.NullMarked;

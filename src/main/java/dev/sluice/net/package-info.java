/**
 * Sockets: event loops, and the streams over them. Not for: HTTP, or anything that knows what the bytes mean.
 *
 * <p>A loop ({@code Loop}) is one of Netty's, and Pekko's dispatcher for the actors of the connections on it ({@code LoopExecutor}). So what is
 * read from one socket is parsed, metered and written to another without a hand-over between threads, which cost a third of all CPU before. The
 * price is that nothing on a loop may block or take long.
 *
 * <p>Decisions:
 * <ul>
 *   <li>Netty's loops, sockets and TLS, not a selector of our own: hardened, with OpenSSL's kin and HTTP/2 in it. Pekko's TCP needs two threads and
 *       eight messages for an event.
 *   <li>A socket is read as long as somebody wants its bytes, and for a little longer: what waits is bounded, then reading stops.
 *   <li>A socket takes the next bytes when the last ones have left this process: what waits for a slow reader is one piece.
 * </ul>
 */
@NullMarked
package dev.sluice.net;

import org.jspecify.annotations.NullMarked;

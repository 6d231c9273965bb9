/**
 * What was said: requests and answers, kept apart from what they used and cost. Not for: usage, money, what is needed to serve a request.
 *
 * <p>We chose to keep the very bytes that passed and to take them apart afterwards over reading them on their way, because the relay only
 * has to hold on to what it has anyway; and to bound what is held by bytes, beyond which a transcript is given up, never a request.
 *
 * <p>On a single node, we chose a SQLite file of our own over tables in the journal's because captures are large, are deleted in bulk, and nobody waits for them. We chose parts cut
 * where JSON says so over chunks cut by content because messages are what repeats, and a chunk that spans two of them is new with every turn.
 * We chose one frame for all that a turn brings over a frame a part because messages of some hundred bytes compress badly one by one; and full manifests over
 * differences to the turn before, because a run of numbers is a few bytes and a chain of differences would have to be kept, or rewritten, when its beginning is purged. We chose to
 * remember which session needs which frames over counting references of captures because that is a row a turn, not one a message.
 *
 * <p>Credentials are redacted by the names of headers and by what values look like, on doubt too much. The query is not kept: keys stand in some. Bodies are
 * kept as they are, whatever somebody wrote into them. {@code keep_encrypted_blobs} is about answers: what only the provider can read is taken out of them unless it is set. Requests
 * that bring such blobs back with the next turn are kept byte for byte; who wants none of it keeps nothing.
 *
 * <p>With {@code purge: ["captures"]} what a tool was called with stays, in a place of its own, and the rest of the capture goes; with {@code ["tools"]} the other way round, though an
 * answer that is kept has its tool calls in it. What is deleted is overwritten in the file; SQLite's log has it until it starts over, moments later on a node that works.
 *
 * <p>In Cassandra ({@code cluster/cassandra/captures.cql}) captures are stored by session and day, and parts of bodies are shared no further. We chose that over sharing a caller's large parts, as the
 * file does, because deleting a session then takes what is its own without counting who else needs it, which nodes would have to agree on; a system prompt is
 * stored once a session and day for it. A turn asks first what its session has got since, so that nodes know of each other's parts and of deletions. Where retention alone purges, rows expire by
 * themselves: what was written under a shorter rule then goes when that one had said, even if the rule has become longer; what has no such end, or a later one, is
 * deleted by one node a minute. Deletion takes all that was acknowledged; what another node is just writing may come after it.
 *
 * <p>What any storage has to keep: {@link dev.sluice.capture.Captures}, whose captures are idempotent by request id, and whole or not there.
 */
@NullMarked
package dev.sluice.capture;

import org.jspecify.annotations.NullMarked;

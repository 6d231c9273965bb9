/**
 * Gateway keys: made, listed, revoked, checked; a persistent actor each, behind the door {@link dev.sluice.key.GatewayKeys}. Not for: where a
 * request carries one, nor what its holder may use.
 *
 * <p>Decisions that bind here:
 * <ul>
 *   <li>Of a key only its SHA-256 is kept. It needs no salt and no slow hash: a secret of 200 random bits cannot be guessed.
 *   <li>A key ends in a CRC-32 of all before it, so one that was mistyped, cut off or made up is refused without looking anywhere. Whoever knows how can
 *       make up one that fits; so every node knows which keys there are, and refuses what is not among them without waking an
 *       actor. Only to keys that another node may have made a moment ago are a few questions allowed.
 *   <li>Whether a key still holds, its actor says. A node believes an answer for a second from when it asked, and asks again after half of that
 *       while the key is in use: no request waits for it, and a revocation holds everywhere within a second. We chose this over a stream of
 *       revocations because a stream that lags has no bound.
 *   <li>Its last use is an event, once a minute at most: less than the exchanges of that minute weigh anyway. Events stay, because
 *       the list of keys is made of them; replay is short by snapshots.
 *   <li>A key is never deleted, so that one can see who had one. All count towards the most there may be.
 * </ul>
 */
@NullMarked
package dev.sluice.key;

import org.jspecify.annotations.NullMarked;

/**
 * Endpoints outside that are asked before a request goes to a provider (guardrails), and told after it has ended. Not for: which of them a
 * request has (that is {@code access}), or the connections to them (that is {@code provider}).
 *
 * <p>Decisions that bind here:
 * <ul>
 *   <li>A hook is told at least once: the delivery is in {@code hooks.db}, or in Cassandra, before its exchange is in the books, and leaves it when the hook has
 *       answered with 2xx or 410, or when it has grown too old. We chose a file of our own over events of the journal because bodies are
 *       large, and over a table of the journal's file because somebody waits for its writer.
 *   <li>In Cassandra each run of a node has a queue of its own ({@code QueueKeeper}). We chose that over one queue for all, because nobody has to agree with anybody about a
 *       letter, only about a queue once it has lost its node; and over queues by a hash of something, because those would change hands with every node that comes or goes.
 *   <li>A node delivers what is in a queue only as long as it is sure of its lease: until three quarters of it by its own clock, counted from when it asked. A letter is stored
 *       only if its write was answered within that time, so whoever takes the lease over reads it. A lease that was lost is never taken up again by going on: the queue
 *       is inherited, perhaps by the same node, and read anew.
 *   <li>The bounds of the queue are a node's, and for what it is told: they end the oldest letters as they do in a file. What others have left is taken as far as there is room, and waits in
 *       Cassandra otherwise, where it grows old: nothing is given up only because a node has died.
 *   <li>Letters are deleted one by one, and read only when a queue changes hands: bucket by bucket of 1000, from the oldest that has any. Those that stay behind in buckets
 *       nearly empty, because their hook is ill, are moved to the end, without their bodies, so that an heir never reads past many deleted ones.
 *   <li>While Cassandra is slow or away, what waits to be written is bounded in bytes, and in time (20 s); past either it is held in memory, as what may not be written,
 *       and delivered from there. What has become of letters is written when that is possible again.
 *   <li>Told of is every request that we did not refuse, however it ended; not one that was lost with the node that served it:
 *       nothing of it is left to tell.
 *   <li>What a retention of zero forbids to write is held in memory, within a bound, and lost with the process.
 *   <li>Dead letters are kept without what they said: who and why is for the administrator, what was said is not ours to keep.
 *   <li>A guardrail is asked once a request, whatever is tried afterwards; a fallback asks only those that have not been asked. It may
 *       rewrite the request, but neither its model nor whether it is a stream: grants, buckets and hooks were looked up for those.
 *   <li>A guardrail that grants name and the policy does not define refuses the request, as an undefined quota does: somebody wanted it
 *       asked, nobody knows whether it may be skipped, and doubt is denial. Nobody is told after the fact where there is nobody to tell.
 *   <li>A rewritten request that cannot be read is refused, even where the hook may fail: what it took out would go out otherwise.
 * </ul>
 */
@NullMarked
package dev.sluice.hook;

import org.jspecify.annotations.NullMarked;

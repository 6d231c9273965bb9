/**
 * Endpoints outside that are asked before a request goes to a provider (guardrails), and told after it has ended. Not for: which of them a
 * request has (that is {@code access}), or the connections to them (that is {@code provider}).
 *
 * <p>Decisions that bind here:
 * <ul>
 *   <li>A hook is told at least once: the delivery is in {@code hooks.db} before its exchange is in the books, and leaves it when the hook has
 *       answered with 2xx or 410, or when it has grown too old. We chose a file of our own over events of the journal because bodies are
 *       large, and over a table of the journal's file because somebody waits for its writer.
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

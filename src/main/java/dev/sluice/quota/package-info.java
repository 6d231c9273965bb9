/**
 * Money left: one persistent actor a bucket, behind the door {@link dev.sluice.quota.Quota}. Not for: knowing what a request costs, or
 * which buckets it is charged to.
 *
 * <p>We chose an entity that runs ahead of its journal over one that writes before it answers, because a bucket that a whole company
 * shares would otherwise be one write a request. What a crash takes with it is what nobody was told is recorded.
 *
 * <p>We chose to write the end of a request with the beginning of the next one over writing it at once, because that halves the writes of a
 * quiet bucket, and what a crash takes with it is in the session.
 *
 * <p>We chose to set aside the whole estimate over at most what is left, because refill is continuous: with nothing left but the trickle
 * of a second, every second would let in one more request that overdraws, and a bucket must be overdrawn by one request at most.
 *
 * <p>We chose one desk a node over an actor and a timer for every question, because two messages there and two back are all that a
 * request may cost; and the desk's own ticks over a clock, because a clock set forward must not declare owners dead.
 *
 * <p>We chose to keep what was spent over keeping the balance when a definition changes, because then a definition that goes back and
 * forth makes no money, and a raised capacity helps those who have run out.
 *
 * <h2>When a bucket cannot be kept</h2>
 *
 * <p>A bucket that does not answer in time, or whose journal does not, is away ({@link dev.sluice.quota.Outages}). From then on nobody waits for it:
 * its definition's {@code on_storage_failure} says whether requests are refused at once, or let in up to a grace.
 *
 * <ul>
 *   <li>The first request waits for an ask timeout and a tick (3.4 s), and for two more (6.8 s) if it was let in before the journal fell silent. Then one
 *       question a second or so looks whether the bucket is back, a request every four seconds if there is nothing else to ask with. When three
 *       buckets are away and none was heard of since, the others are not found out one by one.
 *   <li>A grace is each node's own. What counts against it is what was let in and no journal has: the worst case of what is under way, the cost of what has
 *       ended. Only the journal's word makes room for more, so that at no time more than the grace is in nobody's books, and kill -9 loses no
 *       more than that. One that another bucket of the request has is not lost: whoever charges the orphan there charges it here, too.
 *   <li>A bucket that is back hears at once whom it let in and what has ended: from then on a request on grace is a reservation like any other, or, if
 *       there is not enough for that, is charged when it ends. Ends are told until the journal has them, and count once by their ids, as ever.
 *   <li>We chose not to ask the bucket of a request that is refused: whatever it had been asked it would have to be told the end of, and that many ends
 *       would be kept in memory for as long as the storage is away.
 *   <li>We chose to count what is not in the journal over what was let in since an outage began, because a storage that comes and goes has no outages that could be told apart.
 * </ul>
 *
 * <p>We chose a snapshot that says to the second when a request was over, because a bucket stands still while its snapshot is written, and
 * instants were most of that time.
 */
@NullMarked
package dev.sluice.quota;

import org.jspecify.annotations.NullMarked;

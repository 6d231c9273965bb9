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
 * <p>We chose a snapshot that says to the second when a request was over, because a bucket stands still while its snapshot is written, and
 * instants were most of that time.
 */
@NullMarked
package dev.sluice.quota;

import org.jspecify.annotations.NullMarked;

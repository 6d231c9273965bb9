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
 *
 * <h2>Leases</h2>
 *
 * <p>A bucket lives on one node. For another node that asks it often (8 times within a second) a network hop a request is too much: the
 * bucket lends it a slice, out of which its desk lets requests in by itself. The node a bucket lives on, and so a single node, asks the bucket
 * as ever. {@link dev.sluice.quota.Lending} is the bucket's side, {@link dev.sluice.quota.Slice} the holder's; both are values without actors.
 *
 * <ul>
 *   <li>{@code Granted} gives a slice, once the journal has it. It is set aside in the bucket like a reservation, and shows as reserved.
 *   <li>The holder lets a request in if the slice holds its whole estimate. Otherwise the bucket decides, as without leases. So a slice is never
 *       overdrawn, and there is one request that may overdraw, not one a node.
 *   <li>{@code Report} tells what was drawn and what ended, as numbered entries, in order, each counted once by its number. One report is
 *       under way at a time and is sent again until {@code Acknowledged}, when the journal has it: the busier the bucket, the fewer messages a request. A
 *       drawn request becomes an ordinary reservation with its holder as owner. Only then is it recorded, and may its answer go out.
 *   <li>Every report fills the slice up to its share: half of what is available, shared by all holders, and not more than a thousand
 *       requests need. A share too small for eight requests is none: the slice is called back, and the last dollars go out one request at a time.
 *   <li>A request that is refused only because money is leased waits (half of the ask timeout at most) while all leases are called back. So a 429 and its
 *       {@code Retry-After} are what they were without leases, unless a holder is silent. A new definition calls all leases back, too; a refill
 *       by hand need not. After a recall nothing is lent for a second.
 *   <li>A slice is spent for a sixteenth of a reservation's expiry (7.5 s) after the holder last sent what was then answered, by the holder's
 *       monotonic clock, and is given back after half of that without a request. The bucket forfeits a lease after three looks
 *       without a word (60 to 90 s, shorter than a reservation).
 * </ul>
 *
 * <p>What holds: the sum of all that is spent, reserved and leased exceeds the bucket by one request's estimate at most, whoever dies. A dead
 * holder's slice <em>returns</em>: what it drew and reported is reserved, and the witness knows what that cost; what it had not reported was never answered.
 * A request that the journal does not have within two ask timeouts is refused after all, and recorded at no cost. If its client left before that was known, it is
 * worth its prompt: then its buckets are told to hold it all the same ({@code Insist}), and its exchange is recorded only when they do. What dies with its
 * node before, is in nobody's books.
 * A holder that lives, but is cut off or paused until its lease is forfeited, may have let in requests that nobody has heard of: they are charged all
 * the same when it is heard of again, and are the one excess, bounded by its slice. We chose to charge them over refusing them, because the provider has been paid.
 *
 * <p>A bucket with a lease out stays awake, or is woken after a death, as one with a reservation: it leaves the roll of those that may hold something only without
 * either.
 *
 * <p>Nothing is lent while nodes of different versions are in the cluster, since an older one might not read it. Reserving without saying anything of leases,
 * as an older version does, gets none.
 */
@NullMarked
package dev.sluice.quota;

import org.jspecify.annotations.NullMarked;

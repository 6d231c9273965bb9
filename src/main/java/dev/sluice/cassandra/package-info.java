/**
 * Ground: the one session with Cassandra that all of a node shares: statements prepared once, what is in flight bounded, tables created or
 * checked. It is not for any table: each room brings its own, in {@code cluster/cassandra/ROOM.cql}, and opens it by name.
 *
 * <p>We chose one session over one a room because a session is a pool of connections a Cassandra node, and because only where all
 * requests pass can one bound hold. We chose the driver's own throttle over a queue of ours because Pekko's plugins call the
 * driver, too. We chose to wait for a Cassandra that is away at a start, and to refuse one whose tables are not as they should be: the one
 * heals by itself, the other needs a person. We chose one bound in time for every request, ten seconds, because callers of rooms wait
 * less, and an answer that comes later helps nobody.
 */
@NullMarked
package dev.sluice.cassandra;

import org.jspecify.annotations.NullMarked;

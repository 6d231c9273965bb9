/**
 * Ground: the actor system of a node, how it joins others and how it stands with them, serialization markers. {@code sluice.cluster} is translated to
 * Pekko's settings here, above our defaults and below what an operator writes as Pekko's.
 *
 * <p>However nodes find each other, who founds a cluster asks the storage first ({@link dev.sluice.cluster.Founding}). We chose that over asking more
 * nodes because a node that is cut off cannot know how many there are.
 */
@NullMarked
package dev.sluice.cluster;

import org.jspecify.annotations.NullMarked;

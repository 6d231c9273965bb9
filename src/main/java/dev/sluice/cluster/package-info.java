/**
 * Ground: the actor system of a node, joining and leaving, sharding, serialization markers.
 */
@NullMarked
package dev.sluice.cluster;

import org.jspecify.annotations.NullMarked;

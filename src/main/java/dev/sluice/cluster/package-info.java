/**
 * Ground: the actor system of a node, how it joins others and how it stands with them, serialization markers. {@code sluice.cluster} is translated to
 * Pekko's settings here, above our defaults and below what an operator writes as Pekko's.
 */
@NullMarked
package dev.sluice.cluster;

import org.jspecify.annotations.NullMarked;

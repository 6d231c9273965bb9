package dev.sluice.quota;

import dev.sluice.cluster.JsonSerializable;
import java.time.Instant;
import java.util.List;

/** The event of a bucket: everything decided since the last one, in order, at one instant. */
record Batch(Instant at, List<Change> changes) implements JsonSerializable {}

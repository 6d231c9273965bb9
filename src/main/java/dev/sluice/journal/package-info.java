/**
 * Ground: Pekko Persistence on SQLite: journal, snapshots, events by tag; one writer with group commit.
 */
@NullMarked
package dev.sluice.journal;

import org.jspecify.annotations.NullMarked;

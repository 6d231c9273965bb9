/**
 * Ground: Pekko Persistence on SQLite: journal, snapshots, events by tag; one writer with group commit. It is not for reading models: they
 * bring their own tables and write them through {@link dev.sluice.journal.SqliteStore}, or have a file of their own, {@link dev.sluice.journal.RoomStore}, if these are large.
 *
 * <p>We chose a plugin of our own over the JDBC plugin on H2 because that one cost five times the CPU and ten times the disk an
 * event, and rejected writes under load. We chose one writing thread over a pool of connections because SQLite has one
 * writer anyway; so every transaction takes all that waits, orderings appear in the order of commits, and queries by tag need no gap detection.
 * We chose turns between work that somebody waits for and work in pieces that nobody does (deletions) over one queue because one
 * queue made an answer wait for all of it. We chose to hand the latest events to those who follow a tag as they
 * are over having them read the file because most of what a ledger cost was to take apart what this process had just put together. We chose a thread that copies the log over SQLite's checkpoints because those run inside a commit.
 * We chose to refuse a file that is empty, damaged, foreign or in use over making a new one because an operator can undo a
 * refusal, and cannot undo a loss. We chose {@code synchronous = NORMAL} because a killed process then loses nothing; who must survive
 * a loss of power sets {@code full}.
 *
 * <p>With storage on Cassandra, Pekko's own plugins take this one's place ({@link dev.sluice.journal.Storage}). Nothing is handed on in the process
 * then: events come from other nodes, too, and who follows a tag asks Cassandra once a second and stays three seconds behind. Which entities of a kind
 * there are, Cassandra does not tell; {@link dev.sluice.journal.Roll} does.
 *
 * <p>A move to Cassandra ({@link dev.sluice.journal.Migration}) is in the roll from its first write to its end. We chose that over a table of its own because
 * operators who make tables themselves have this one already, and over looking for what is missing because a node that starts cannot know.
 *
 * <p>Events an entity deletes are gone for queries by tag, too: who wants to build a ledger anew must keep them.
 */
@NullMarked
package dev.sluice.journal;

import org.jspecify.annotations.NullMarked;

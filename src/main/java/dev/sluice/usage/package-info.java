/**
 * The ledger to read from: a projection of session events, exactly once. It decides nothing: quotas do not look here.
 *
 * <p>We chose rows and offset in one transaction, a few at a time because requests wait for the same writer, over at-least-once with repair because both lie in the same file. We chose to read a session's exchanges from
 * the journal over keeping them here a second time because a list of sessions needs none of them, a session's page is rare, and they were most of
 * what the ledger wrote. Everything here can be made again from the journal, so a change of the tables is a new name, not a migration.
 *
 * <p>What a caller adds up to is kept like what a session does: a sum over their sessions would take as long as they have many.
 */
@NullMarked
package dev.sluice.usage;

import org.jspecify.annotations.NullMarked;

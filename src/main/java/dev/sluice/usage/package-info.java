/**
 * The ledger to read from: a projection of session events, exactly once. It decides nothing: quotas do not look here.
 *
 * <p>We chose rows and offset in one transaction over at-least-once with repair. We chose a file of its own over the journal's because indexes and
 * sums would be most of what the journal's writer does, and answers wait for that one; the price is a look, at each start, whether the two are of the same
 * time. We chose to read an exchange as a whole from the journal over keeping it here a second time: a row has what lists show and what they
 * are filtered by. Everything here can be made again from the journal, so a change of the tables is a new name, not a migration.
 *
 * <p>No answer reads every exchange.
 * <ul>
 *   <li>Sums are kept in several cubes ({@code Cube}): over all callers, by caller, and by everything at once, by the hour, the day
 *       and (where callers make them long) the week. A batch is summed in memory first, and written once a row. A question takes
 *       the smallest that knows what it asks for; a long range is weeks with days at its ends.
 *   <li>Who was there is a bit a caller and day ({@code ActiveDays}).
 *   <li>An exchange's number begins with its time, so indexes have the order of pages for nothing. There is one by caller, model, provider and
 *       agent, one of the few that are in trouble, and the tools'. Whatever else is asked for is looked at row by row, in a bounded number of
 *       rows: so a page may be short, and yet not the last. We chose that over an index for every filter, which every exchange would pay for.
 *   <li>Names are numbers; beyond so many new ones a day they are counted together as {@code (other)}. Agents are told apart without their
 *       versions.
 * </ul>
 *
 * <p>Where nodes share their storage, the ledger is in Cassandra ({@code CassandraLedger}), and answers the same: questions to roll-ups do not know where
 * these lie, and a test holds every answer to the embedded one's. Sessions are in 16 slices, each with a tag, a writer somewhere in the cluster, and
 * rows of sums of its own; what slices have is added up when it is asked for.
 * <ul>
 *   <li>There is no transaction over rows and offset. We chose one conditional write, a slice's row with the batch's number and all that the batch
 *       makes of its sums, over counters, which nobody can write again, and over a mark in every row. {@code SliceProjection} has the reasoning.
 *   <li>We chose slices by session over slices by caller because one caller may be most of the traffic; the price is up to 16 rows where one would do.
 *   <li>Exchanges are listed by hour and slice: for everybody, for their caller, and those in trouble. Other filters look at row after row, in a
 *       bounded number a page: a rare model's page of logs may be short where SQLite's index fills it.
 *   <li>An exchange shows some four seconds after it was recorded: whoever reads a tag stays behind what other nodes may still write.
 *   <li>It forgets nothing, as the embedded one, and so has no TTL: retention is how long what was said is kept ({@link dev.sluice.config.DatabaseRule}). What
 *       expired would come back whenever the ledger is built anew, too.
 * </ul>
 *
 * <p>Filters that only captures can answer, such as by header, find ids of requests first: {@link dev.sluice.usage.Reports#logs(java.util.List)} has
 * their rows.
 *
 * <p>Measured on two cores that others used, too. CPU of reading the journal and writing the ledger: 47 microseconds an exchange of two hundred
 * sessions, as against 49 without indexes and roll-ups in the journal's file; of two thousand callers over 90 days, where most exchanges are a row of
 * their own in each roll-up, 60 to write alone. Ten million exchanges (2,000 callers, 60 models, 12 providers, 40 agents, 300,000 sessions, 90
 * days) are 2.2 GB, and each of 29 kinds of questions, 200 times each, has its 95th percentile below 100 ms (at an idle moment; the slowest are
 * rankings of all users over all days), logs and one user's usage below 40 ms. {@code LedgerBenchmark} and {@code ReportBenchmark}, mains among the tests, tell.
 */
@NullMarked
package dev.sluice.usage;

import org.jspecify.annotations.NullMarked;

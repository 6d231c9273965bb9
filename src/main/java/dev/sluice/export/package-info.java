/**
 * A face that looks outward: records of finished requests, as objects in a bucket of S3 or what speaks its API. Not for: reading them back, or
 * keeping what was said ({@code capture}).
 *
 * <p>Each record is in the bucket exactly once, whatever fails, because an object is a range of the journal and is planned before it is
 * uploaded: from where to where, and under which name. The plan is on disk before the first byte leaves; the offset moves in the transaction
 * that drops the plan, after the upload. Whoever finds a plan uploads that range under that name again, over itself. What holds is:
 *
 * <ul>
 *   <li>An object's name has the second of its plan, as is documented for Aperture's; two of one bucket never have the same, later ones wait for none: they
 *       take the next second. Two gateways that export to one bucket need a prefix each.
 *   <li>A plan stays with its bucket: another prefix or format is for the next object. When the bucket itself changes while a plan is open, the range
 *       goes to the new one; what became of it in the old one is not known.
 *   <li>What was said may have been purged, or kept, between two attempts; the object is still one, with what there was at the last.
 *   <li>A first export begins with the journal, and another bucket goes on where the last one stopped.
 *   <li>An object ends early when it grows too large to be held in memory.
 * </ul>
 *
 * <p>Where nodes share a Cassandra, sessions are in 16 slices, as in the ledger, and each slice is exported by itself, wherever the cluster has put it. The same
 * holds, with these differences:
 *
 * <ul>
 *   <li>There is no order that stays, so a plan names events by their sessions' own numbers ({@code Runs}), and a row a session says up to where it
 *       is exported: {@code SliceRecords} has the reasoning. Two nodes that take themselves for a slice's owner make the same object, and one of them ends it.
 *   <li>A slice has every sixteenth second for its objects' names, so that slices need not ask each other. There are more objects, up to 16 where there was one.
 *   <li>A record's {@code id} is made of its object's second and its place in there; on a single node it is the exchange's offset in the journal. All
 *       other fields are the same.
 *   <li>An exchange can be exported some four seconds after it was recorded. One whose node died before its row in the tag was written comes
 *       with the next exchange of its session, or within ten minutes of that row.
 *   <li>A node makes one object at a time, of whichever of its slices, so that its memory is bounded as before; what waits is counted to 1000 a slice.
 *   <li>{@code sluice migrate} takes along how far a single node had exported. Only of an object that was planned and not acknowledged, the records are
 *       exported again.
 * </ul>
 *
 * <p>We chose sharding with a wake-up every ten seconds over a daemon process of the cluster's, which is the same inside, because slices are to be
 * asked how they stand. We chose slices over one exporter for all because reading 16 tags in one order would need one, and over an object of several
 * slices because their progress would have to be written together.
 *
 * <p>We chose the journal over the ledger's tables because an offset in it means the same forever. We chose AWS's asynchronous client on
 * its Netty transport over its CRT one (19 MB and native code) and over the JDK's (a thread that blocks): it is 0.3 MB and runs on
 * the Netty that is here, with an event loop of its own, which lives only while a policy names a bucket. Checksums of AWS's newer kind are
 * only sent where required, and bodies are not chunked, because Google's and Backblaze's servers refuse both; {@code Content-MD5} is what all of
 * them check. We chose a Parquet writer of our own, flat and without statistics, over Parquet's, which drags Hadoop in.
 *
 * <p>A single node's journal is exported by a cluster's singleton. It never stands in a request's way: it reads, compresses and uploads on threads of its own.
 */
@NullMarked
package dev.sluice.export;

import org.jspecify.annotations.NullMarked;

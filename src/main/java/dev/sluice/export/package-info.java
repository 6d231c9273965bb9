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
 * <p>We chose the journal over the ledger's tables because an offset in it means the same forever. We chose AWS's asynchronous client on
 * its Netty transport over its CRT one (19 MB and native code) and over the JDK's (a thread that blocks): it is 0.3 MB and runs on
 * the Netty that is here, with an event loop of its own, which lives only while a policy names a bucket. Checksums of AWS's newer kind are
 * only sent where required, and bodies are not chunked, because Google's and Backblaze's servers refuse both; {@code Content-MD5} is what all of
 * them check. We chose a Parquet writer of our own, flat and without statistics, over Parquet's, which drags Hadoop in.
 *
 * <p>One node of a cluster exports, as a singleton. It never stands in a request's way: it reads, compresses and uploads on threads of its own.
 */
@NullMarked
package dev.sluice.export;

import org.jspecify.annotations.NullMarked;

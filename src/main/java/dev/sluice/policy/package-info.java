/**
 * The policy in force, and how another one comes into force. Not for: what a document means ({@code config}), or what follows from it for a
 * caller ({@code access}).
 *
 * <p>Decisions that bind here:
 * <ul>
 *   <li>Each version is an event of one sharded entity, text and all; that order is what all nodes follow. They look for a newer version every
 *       400 ms: we chose looking over publishing, because a message that is lost would leave a revoked grant in force.
 *   <li>The file on disk and the API change one thing. A changed file is a new version, by {@code (file)}; a saved version is written to the
 *       file, whole, keeping its permissions. The journal comes first, and remembers whether the file has had the version: so after a crash
 *       between the two a file that is as it was before is written, and one that was changed holds. To save over a file that was
 *       changed and is not in force is refused, unless the client says that it saves over anything.
 *   <li>A file is looked at by its content, which catches what times and sizes do not, and counts once two looks saw the same.
 *   <li>Events hold the text as it is, with the keys that stand in it, because a version that is rolled back to needs them: the data directory
 *       is as secret as the file. Whoever wants neither to be names variables of the environment. Nothing that leaves this room has a secret.
 *   <li>What is compiled from a document, {@link InForce}, is made before it is put in force, and read once a request, at the gate.
 * </ul>
 */
@NullMarked
package dev.sluice.policy;

import org.jspecify.annotations.NullMarked;

/**
 * The one enforcement point: a table of endpoints, each with what it demands of its caller. Not for: what a path does, nor
 * which models a caller may use (that takes a {@link dev.sluice.access.Permit}, which only {@code access} can make).
 *
 * <p>Decisions that bind here:
 * <ul>
 *   <li>We chose a table over routing directives because a table can be enumerated: a test asks every endpoint as nobody, and as
 *       somebody without a role.
 *   <li>We chose to compare paths as they came over normalising them, because two spellings of one path are two chances to
 *       guard only one of them.
 *   <li>We chose to audit here over in the endpoints because an endpoint can forget: whatever needs an administrator and is no safe method
 *       is in the audit log, with what the endpoint notes of its own. Why there are two records of it says {@code audit}.
 *   <li>Pages of other sites (CORS): who is known is judged by their own grants; a browser's question beforehand comes without anything that says
 *       who is calling, so it is judged by all grants, and the request itself by the caller's. What no grant allows is answered as if
 *       nobody had ever heard of other sites.
 * </ul>
 */
@NullMarked
package dev.sluice.gate;

import org.jspecify.annotations.NullMarked;

/**
 * Who did what as an administrator, and when: one persistent actor behind the door {@link dev.sluice.audit.Audit}. Not for: deciding what
 * an administrator's action is, which is the gate's, nor for requests to models, which are in {@code session}.
 *
 * <p>Decisions that bind here:
 * <ul>
 *   <li>We chose two events an action, one before it and one after, over one after it, because with one a node that dies in between, or a
 *       journal that fails just then, leaves an action that nobody can trace. So: an action whose beginning cannot be written does
 *       not happen; one whose end was never written is listed with the outcome {@code unknown}, which says that it may have happened. A
 *       client who is told that the end could not be written (500) must look for itself. Actions are rare; a second write is nothing.
 *   <li>We chose one entity over one a node or a day, because then its sequence numbers are the order of events and the cursor of a list,
 *       and a page is a range of the journal, however long that is.
 *   <li>Events are never deleted, because a record that can be pushed out by acting more is none. What administrators do is some hundred bytes
 *       each; what others try and are denied is written with an allowance, a few a login and hour, and what was left out is counted in
 *       the next one ({@code unrecorded}). A denial waits for nobody and does not hold up its answer: nothing happened.
 *   <li>An action stands where it ended. One that ends while somebody turns pages is on the first page, not on theirs.
 * </ul>
 */
@NullMarked
package dev.sluice.audit;

import org.jspecify.annotations.NullMarked;

/**
 * Face: the control plane API. Not for: deciding who may call it, which is the gate's, nor what a balance is.
 *
 * <p>Decisions that bind here:
 * <ul>
 *   <li>Money is told twice: as a decimal string of dollars, which is exact and for people ({@code "$7.25"}), and as a number
 *       of nanodollars, which is what buckets count in ({@code balance_nanos}). Keys are snake_case. An unknown cost is
 *       {@code null}.
 *   <li>Administrators see every bucket; others see exactly the buckets that a request of theirs would be charged to, shared
 *       ones among them, since a name like {@code daily:alice} tells how much Alice works.
 *   <li>Somebody else's session is answered like one that does not exist, so that names cannot be probed.
 *   <li>So is a model, an upstream or a provider that the caller may not use: who is no administrator sees only what they have a
 *       permit for, and {@code /api/access} tells them no more than that there is nothing of that name for them.
 *   <li>Prices are told a million tokens, as price lists have them, in exact decimals; nanodollars would not hold them.
 *   <li>Administrators may read the price table without {@code read_pricing}, though the original denies it to them: they can grant it
 *       to themselves anyway.
 *   <li>What says much about a policy is put together off the event loop.
 *   <li>A body must be declared as JSON: a page in a browser cannot send that to another site without asking first, and a
 *       local caller is known by nothing but being local.
 *   <li>We chose to describe the API from the endpoints' own table and the records they answer with over a file beside them, because a file
 *       would go stale; a test asks every endpoint and holds the answers against what is said of them.
 * </ul>
 */
@NullMarked
package dev.sluice.admin;

import org.jspecify.annotations.NullMarked;

/**
 * What a caller may use: grants and roles in, permits out. Pure. Not for: who calls, or whether money is left.
 *
 * <p>There is no deny rule: what a caller may is the union of all grants that match, those of the policy and those that came
 * with the caller. All their buckets are charged; a bucket named by several is charged once. We read "the most specific
 * pattern wins", which some notes claim, as not binding: with a union there is nothing to win.
 *
 * <p>An {@code Explanation} is no second reading of the grants. It is told by the {@code Standing} that requests are decided by,
 * and a permit is put together from the same parts that it names.
 *
 * <p>Which pages of other sites may read answers is a union, too. A field that could be read two ways allows nothing: without paths, without an
 * origin, or for the origin {@code null}.
 */
@NullMarked
package dev.sluice.access;

import org.jspecify.annotations.NullMarked;

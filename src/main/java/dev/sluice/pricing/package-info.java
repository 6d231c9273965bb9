/**
 * Usage into money. Pure: values in, values out; the class path is read once, for the price table that ships with the build (its
 * origin and how to refresh it stand beside it, in the resources' {@code README.md}). An unknown price is a state of its own, never zero.
 *
 * <p>Not for deciding who may spend (that is {@code quota}), nor for counting tokens (that is {@code wire}).
 *
 * <p>What binds here:
 * <ul>
 * <li>Decimals all the way, from the table's text to the sum. We chose exact products and sums over a fixed scale, because there is no
 *     division in a bill, and so nothing to round before the end.
 * <li>A matching {@code model_cost_map} entry decides, even for a model that the table knows. We chose that over consulting the table first, because
 *     else an adjustment could never be made to the price of a known model. It is matched against the model asked for, then against the one that the
 *     answer names. What is mapped to an unknown model is unknown.
 * <li>Without a mapping, the answer's model is looked up, then the one asked for. At Azure the latter never: a deployment's name says nothing. At Bedrock
 *     only the latter: its answers name models in another price list's words.
 * <li>The cost that OpenRouter tells is taken as it is, unadjusted; from others it is not believed.
 * <li>Operators' prices lie over the table field by field: the tiers and marks of an entry stay unless they are set, too, or set to null.
 * <li>Searches that nobody prices add nothing to a request whose tokens have a price. We chose that over an unknown cost, because a bucket
 *     that is not charged for the tokens either would be the worse lie.
 * <li>An output rate that the table repeats for reasoning is one rate, so that service tiers hold for reasoning as well; and Claude's one-hour writes
 *     cost twice the input beyond a mark, too, where the table has the mark for the input only.
 * <li>The worst case is an upper bound and takes the dearest rate a model has, one-hour cache writes and audio included. We chose that over
 *     guessing from the request, because a reservation that is too high is given back within seconds, and one that is too low overruns a bucket.
 * </ul>
 */
@NullMarked
package dev.sluice.pricing;

import org.jspecify.annotations.NullMarked;

/**
 * Usage into money. Pure. An unknown price is a state of its own, never zero.
 */
@NullMarked
package dev.sluice.pricing;

import org.jspecify.annotations.NullMarked;

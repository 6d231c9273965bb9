/**
 * The ledger to read from: a projection of session events, exactly once.
 */
@NullMarked
package dev.sluice.usage;

import org.jspecify.annotations.NullMarked;

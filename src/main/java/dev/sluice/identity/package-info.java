/**
 * Who is calling. Not for: what they may use.
 */
@NullMarked
package dev.sluice.identity;

import org.jspecify.annotations.NullMarked;

/**
 * The one enforcement point: a table of endpoints, each with what it demands of its caller.
 */
@NullMarked
package dev.sluice.gate;

import org.jspecify.annotations.NullMarked;

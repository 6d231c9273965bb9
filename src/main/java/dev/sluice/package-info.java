/**
 * The front door: the command line, and the one place where the rooms are put together. It decides nothing, and nobody depends on it.
 *
 * <p>We chose to compose by hand over a container, because one can read in {@code Node} what a gateway is made of.
 */
@NullMarked
package dev.sluice;

import org.jspecify.annotations.NullMarked;

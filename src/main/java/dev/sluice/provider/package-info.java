/**
 * Talking upstream: credentials, connections, clocks.
 */
@NullMarked
package dev.sluice.provider;

import org.jspecify.annotations.NullMarked;

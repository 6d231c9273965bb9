/**
 * Simulated providers for the demo, the tests and load tests; faults on demand.
 */
@NullMarked
package dev.sluice.simulator;

import org.jspecify.annotations.NullMarked;

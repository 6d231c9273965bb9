/**
 * Simulated providers for the demo, the tests and load tests, faults on demand; and callers, for the JVM's training run. Not for: anything a real caller's money or data passes.
 *
 * <p>Pekko HTTP's server layer runs on a TCP layer of our own instead of {@code newServerAt}, because only below HTTP can a connection end
 * in the ways that real ones do: a FIN in the middle of a chunked answer, a reset before the first byte ({@link dev.sluice.simulator.Wire}).
 *
 * <p>We build the providers' shapes by hand rather than through the {@code wire} room: a reader that is tested against its own writer
 * proves nothing.
 *
 * <p>Nothing here is random: texts come from a seed, identifiers from a counter, time stamps stand still. The same request, with its
 * {@code id} pinned by script, is answered with the same bytes.
 */
@NullMarked
package dev.sluice.simulator;

import org.jspecify.annotations.NullMarked;

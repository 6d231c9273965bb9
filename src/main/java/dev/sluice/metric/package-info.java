/**
 * Ground: what a node counts and measures, as Prometheus reads it. Not for: usage and money, which the ledger has to the cent; health of
 * providers, which decides; who called, which no label may tell.
 *
 * <p>Everybody may count, so it stands below the rooms, and there is one an actor system. What somebody knows anyway (a queue's length, a
 * counter) is asked for when it is scraped ({@code counter}, {@code gauge}); only what is gone afterwards is written down when it happens.
 *
 * <p>We chose Prometheus' own library over Micrometer because it is what is read in the end, its data points can be kept (no look-up by
 * labels on a request's way), and it drags in nothing. Exemplars are off: they would ask for a trace on every observation.
 */
@NullMarked
package dev.sluice.metric;

import org.jspecify.annotations.NullMarked;

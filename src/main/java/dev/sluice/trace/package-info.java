/**
 * Ground: traces of requests, to an OpenTelemetry collector. Not for: what must not be lost; numbers ({@code metric}).
 *
 * <p>Off unless an endpoint is set: then nobody makes a span, and OpenTelemetry's SDK is never loaded. We chose its SDK over writing
 * OTLP ourselves because it retries, compresses and bounds as collectors expect; with the JDK's client, because the usual sender brings a
 * client and a language's library along. Spans that the queue has no room for are dropped and counted. What was said is in no span.
 *
 * <p>A client's {@code traceparent} decides whether its request is traced, as the standard has it; one that is malformed, or comes twice, is
 * none.
 */
@NullMarked
package dev.sluice.trace;

import org.jspecify.annotations.NullMarked;

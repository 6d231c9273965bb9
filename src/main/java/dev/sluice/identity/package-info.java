/**
 * Who is calling. Not for: what they may use.
 *
 * <p>An identity is believed for where it comes from: headers from configured proxies only, {@code (loopback)} from this
 * machine only and only when nobody forwarded the request. A resolver that doubts ends the chain, because a claim that failed
 * must not fall through to a weaker proof.
 */
@NullMarked
package dev.sluice.identity;

import org.jspecify.annotations.NullMarked;

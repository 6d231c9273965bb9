/**
 * Who is calling. Not for: what they may use.
 *
 * <p>An identity is believed for where it comes from: headers from configured proxies only, {@code (loopback)} from this
 * machine only and only when nobody forwarded the request. A resolver that doubts ends the chain, because a claim that failed
 * must not fall through to a weaker proof.
 *
 * <p>A gateway key's holder is its owner, or the machine that its tags name; the key can only take away from what those are granted. It names the
 * caller's node, so that buckets for each {@code <node>} and the records of exchanges tell one key from another.
 */
@NullMarked
package dev.sluice.identity;

import org.jspecify.annotations.NullMarked;

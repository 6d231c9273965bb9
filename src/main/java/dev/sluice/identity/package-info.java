/**
 * Who is calling. Not for: what they may use.
 *
 * <p>An identity is believed for where it comes from: headers from configured proxies only, {@code (loopback)} from this
 * machine only and only when nobody forwarded the request, a token from its issuer only, a tailnet's peer from its daemon only.
 *
 * <p>Decisions that bind here:
 * <ul>
 *   <li>A resolver that doubts ends the chain, because a claim that failed must not fall through to a weaker proof. What is not for a
 *       resolver at all (another issuer's token, a key of a provider) is no claim: clients bring their own credentials.
 *   <li>A resolver says which headers and parameters were the proof ({@link dev.sluice.identity.Identified}), and the gate takes them away. We
 *       chose that over a list of credential headers that never pass, because providers may take the client's own.
 *   <li>A gateway key's holder is its owner, or the machine that its tags name; the key can only take away from what those are granted. It
 *       names the caller's node, so that buckets for each {@code <node>} and the records of exchanges tell one key from another.
 *   <li>Whoever could be a peer of the tailnet is nobody while the daemon is silent, local programs included: with userspace networking it
 *       connects to us itself, from this machine, for anybody. Take {@code tailscale} out of the order to do without it.
 *   <li>How long access lasts that was taken away elsewhere: in the tailnet, {@code tailscale.cache} (10 s); a token, 60 s past the moment its
 *       key is known to be withdrawn, which is {@code jwt.refresh} (10 min) at most while the issuer answers.
 *   <li>Nothing blocks: the daemon is asked on an event loop, issuers by the provider room's ways out (Main puts them together), and questions
 *       about one subject are asked once.
 * </ul>
 */
@NullMarked
package dev.sluice.identity;

import org.jspecify.annotations.NullMarked;

/**
 * Talking upstream: credentials, connections, clocks. Not for: choosing the provider, or reading what it says.
 *
 * <p>Requests to one provider are counted by {@code Relay}, whatever hosts they go to. From there a {@code Line} leads to a host:
 * through a {@code ConnectionPool} on each event loop: connections of HTTP/1.1 that take one call after the other ({@code Connection}), or of
 * HTTP/2, where TLS agrees on it, that take many at one time ({@code Http2Connection}). TCP, tunnel and TLS lie beneath as {@code Way} stacks them.
 *
 * <p>What requests are shown with is a {@code Credential}. A static key costs a request nothing but its header; tokens and
 * AWS credentials are fetched by the first request that needs them, kept, and renewed while requests go on with the old
 * ones. We chose AWS's own signer and credentials chain over code of ours because the chain is what people's machines are set
 * up for; of its HTTP clients only the JDK's is taken along, for the token service. Single sign-on profiles
 * ({@code sso}, {@code ssooidc}) are left out: they want a person at a browser.
 *
 * <p>Decisions:
 * <ul>
 *   <li>A limit past which requests are refused is the provider's, not its host's: two providers on one host do not take each other's places.
 *   <li>Netty's codecs for both, on the loop of the client's connection. Whether a host speaks HTTP/2 is found out by one connection, which is used either
 *       way. Windows are set so that what stalled readers leave untaken never fills the connection's.
 *   <li>Clocks are looked at from time to time, by one timer for a host on a loop: a request costs none.
 *   <li>No HTTP/2 through proxies, nor without TLS: nobody needs it there, and everybody would pay for trying.
 *   <li>A name is looked up by the JDK on threads that may block, a new connection goes to its addresses in turn, and no connection
 *       lives for ever.
 *   <li>Waiting to be connected falls under the connect clock, for all addresses together; a proxy's tunnel and TLS have as long again.
 * </ul>
 */
@NullMarked
package dev.sluice.provider;

import org.jspecify.annotations.NullMarked;

/**
 * Talking upstream: credentials, connections, clocks. Not for: choosing the provider, or reading what it says.
 *
 * <p>Requests to one provider are counted by {@code Relay}, whatever hosts they go to. From there a {@code Line} leads to a host:
 * over HTTP/1.1 ({@code ConnectionPool}, {@code ConnectionStage}; TCP, tunnel and TLS lie beneath as {@code Way} stacks them), or over
 * HTTP/2 ({@code Http2}) where TLS agrees on it.
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
 *   <li>HTTP/2 by the JDK's client. Pekko's cannot reset a stream whose answer has not begun, so that a client that leaves would have its
 *       answer made and paid for; it has no way back to HTTP/1.1 when TLS agrees on nothing better. The JDK's windows are set so that what stalled readers leave untaken never fills the connection's.
 *       What it would change (a request without a user agent, an address that its URIs do not take) goes over HTTP/1.1.
 *   <li>No HTTP/2 through proxies, nor without TLS: nobody needs it there, and everybody would pay for trying.
 *   <li>A name is looked up by the JDK on threads that may block, a new connection goes to its addresses in turn, and no connection
 *       lives for ever.
 *   <li>Waiting to be connected falls under the connect clock, for all addresses together; a proxy's tunnel and TLS have as long again.
 * </ul>
 */
@NullMarked
package dev.sluice.provider;

import org.jspecify.annotations.NullMarked;

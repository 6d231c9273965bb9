/**
 * Talking upstream: credentials, connections, clocks. Not for: deciding which provider is asked.
 *
 * <p>What requests are shown with is a {@code Credential}. A static key costs a request nothing but its header; tokens and
 * AWS credentials are fetched by the first request that needs them, kept, and renewed while requests go on with the old
 * ones. We chose AWS's own signer and credentials chain over code of ours because the chain is what people's machines are set
 * up for; of its HTTP clients only the JDK's is taken along, for the token service. Single sign-on profiles
 * ({@code sso}, {@code ssooidc}) are left out: they want a person at a browser.
 */
@NullMarked
package dev.sluice.provider;

import org.jspecify.annotations.NullMarked;

package dev.sluice.config;

import java.util.List;
import java.util.regex.Pattern;

/**
 * An MCP server or HTTP API that agents reach through the gateway.
 *
 * @param provider whose it is, for people
 * @param context  told to agents
 * @param labels   names under which grants take in several
 */
public record ConnectorRule(
        String id,
        Protocol protocol,
        String url,
        String provider,
        String description,
        String context,
        Auth auth,
        List<String> labels) {
    private static final Pattern ID = Pattern.compile("[a-zA-Z][a-zA-Z0-9]*");

    /** Stand for what the gateway itself offers. */
    static final List<String> RESERVED = List.of("aperture", "tailscale", "internal");

    public ConnectorRule {
        if (!isId(id)) {
            throw new IllegalArgumentException(
                    "connectors.servers." + id + " (expected: letters and digits, a letter first, and no reserved id)");
        }
        if (!BaseUrl.isEndpoint(url)) {
            throw new IllegalArgumentException(
                    "connectors.servers." + id + ".url: " + url + " (expected: an http or https URL with a host)");
        }
        labels = List.copyOf(labels);
    }

    static boolean isId(String id) {
        return ID.matcher(id).matches() && !RESERVED.contains(id);
    }

    /** What a connector speaks. */
    public enum Protocol {
        MCP,
        HTTP
    }

    /** What the gateway shows to a connector. */
    public sealed interface Auth {}

    public record NoAuth() implements Auth {}

    public record BearerToken(Secret secret) implements Auth {}

    /** A key in a header, or in a parameter of the query. */
    public record ApiKey(Secret secret, String name, KeyPlace in) implements Auth {}

    /** Where a key goes. */
    public enum KeyPlace {
        HEADER,
        QUERY
    }

    public record Basic(String username, Secret password) implements Auth {}

    /** One token for all callers. */
    public record ClientCredentials(String clientId, Secret clientSecret, String tokenUrl, List<String> scopes)
            implements Auth {
        public ClientCredentials {
            scopes = List.copyOf(scopes);
        }
    }

    /** A token for each caller, who has to agree. The secret is empty for a public client. */
    public record AuthorizationCode(
            String clientId, Secret clientSecret, String authUrl, String tokenUrl, List<String> scopes)
            implements Auth {
        public AuthorizationCode {
            scopes = List.copyOf(scopes);
        }
    }

    /** As {@link AuthorizationCode}, of a client that registers itself. */
    public record DynamicRegistration(List<String> scopes) implements Auth {
        public DynamicRegistration {
            scopes = List.copyOf(scopes);
        }
    }
}

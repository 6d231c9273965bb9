package dev.sluice.config;

import java.util.List;
import java.util.Map;

/** Connectors as they are written; see {@link Shape}. */
final class ConnectorShape {
    private ConnectorShape() {}

    record Connectors(
            @Key("By id: letters and digits, a letter first.")
            Map<String, Connector> servers) {}

    record Connector(
            @Key(
                    value = "What it speaks.",
                    required = true,
                    oneOf = {"mcp", "http"})
            String protocol,

            @Key(value = "Where it is.", required = true) String url,

            @Key(value = "Whose it is.", usual = "\"Custom\"")
            String provider,

            @Key(value = "Shown to people.", usual = "\"\"") String description,
            @Key(value = "Told to agents.", usual = "\"\"") String context,

            @Key("What the gateway shows to it; nothing when absent.")
            Auth auth,

            @Key("Names under which grants take in several.")
            List<String> labels) {}

    record Auth(
            @Key(
                    value = "What kind of credential it wants.",
                    required = true,
                    oneOf = {
                        "none",
                        "bearer_token",
                        "api_key",
                        "basic",
                        "oauth2_client_credentials",
                        "oauth2_authorization_code",
                        "oauth2_dcr"
                    })
            String type,

            @Key(value = "bearer_token, api_key: the token or key.", secrecy = Secrecy.WHOLE)
            String secret,

            @Key("api_key: the header's or parameter's name.")
            String name,

            @Key(
                    value = "api_key: where it goes.",
                    oneOf = {"header", "query"})
            String in,

            @Key("basic: the user's name.") String username,

            @Key(value = "basic: the password.", secrecy = Secrecy.WHOLE)
            String password,

            @Key("oauth2_client_credentials, oauth2_authorization_code: the client's id.")
            String clientId,

            @Key(
                    value = "oauth2_client_credentials, oauth2_authorization_code: the client's secret.",
                    secrecy = Secrecy.WHOLE)
            String clientSecret,

            @Key("oauth2_authorization_code: where people agree.")
            String authUrl,

            @Key("oauth2_client_credentials, oauth2_authorization_code: where tokens are had.")
            String tokenUrl,

            @Key("oauth2_...: what is asked for.") List<String> scopes) {}
}

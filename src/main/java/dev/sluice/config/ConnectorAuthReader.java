package dev.sluice.config;

import dev.sluice.config.ConnectorRule.ApiKey;
import dev.sluice.config.ConnectorRule.Auth;
import dev.sluice.config.ConnectorRule.AuthorizationCode;
import dev.sluice.config.ConnectorRule.Basic;
import dev.sluice.config.ConnectorRule.BearerToken;
import dev.sluice.config.ConnectorRule.ClientCredentials;
import dev.sluice.config.ConnectorRule.DynamicRegistration;
import dev.sluice.config.ConnectorRule.NoAuth;
import dev.sluice.config.HuJson.Text;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads what a connector is shown. Each kind has its own fields; one that lacks a field is reported and unreadable. */
final class ConnectorAuthReader {
    private static final List<String> TEXTS =
            List.of("secret", "name", "username", "password", "client_id", "client_secret", "auth_url", "token_url");

    private enum Type {
        NONE,
        BEARER_TOKEN,
        API_KEY,
        BASIC,
        OAUTH2_CLIENT_CREDENTIALS,
        OAUTH2_AUTHORIZATION_CODE,
        OAUTH2_DCR
    }

    private final String id;
    private final Section section;
    private final Map<String, String> texts = new HashMap<>();

    /** Reads every field, whatever the kind, so that one of the wrong type is reported, and once. */
    ConnectorAuthReader(String id, Section section) {
        this.id = id;
        this.section = section;
        TEXTS.forEach(key -> texts.put(key, section.textOr(key, "").strip()));
    }

    @Nullable
    Auth read() {
        var scopes = section.texts("scopes").stream().map(Text::value).toList();
        var place = section.word("in", ConnectorRule.KeyPlace.class);
        var type = section.word("type", Type.class);
        if (!section.has("type")) {
            section.findings().warn(section.at(), "connector " + id + ": auth has no type");
        }
        section.reportUnknownKeys();
        return type == null ? null : read(type, scopes, place);
    }

    private @Nullable Auth read(Type type, List<String> scopes, ConnectorRule.@Nullable KeyPlace place) {
        return switch (type) {
            case NONE -> new NoAuth();
            case BEARER_TOKEN -> has(type, "secret") ? new BearerToken(secret("secret")) : null;
            case API_KEY ->
                has(type, "secret", "name", "in") && place != null
                        ? new ApiKey(secret("secret"), text("name"), place)
                        : null;
            case BASIC -> has(type, "username", "password") ? new Basic(text("username"), secret("password")) : null;
            case OAUTH2_CLIENT_CREDENTIALS ->
                has(type, "client_id", "client_secret", "token_url") && isUrl("token_url")
                        ? new ClientCredentials(text("client_id"), secret("client_secret"), text("token_url"), scopes)
                        : null;
            case OAUTH2_AUTHORIZATION_CODE ->
                has(type, "client_id", "auth_url", "token_url") && isUrl("auth_url") && isUrl("token_url")
                        ? new AuthorizationCode(
                                text("client_id"), secret("client_secret"), text("auth_url"), text("token_url"), scopes)
                        : null;
            case OAUTH2_DCR -> new DynamicRegistration(scopes);
        };
    }

    private boolean has(Type type, String... keys) {
        var missing = Arrays.stream(keys)
                .filter(key -> key.equals("in") ? !section.has(key) : text(key).isEmpty())
                .toList();
        if (!missing.isEmpty()) {
            section.findings()
                    .warn(
                            section.at(),
                            "connector " + id + ": auth of type " + type.name().toLowerCase(Locale.ROOT) + " needs "
                                    + String.join(", ", missing));
        }
        return missing.isEmpty();
    }

    private boolean isUrl(String key) {
        var good = BaseUrl.isPrivateWay(text(key));
        if (!good) {
            section.findings()
                    .warn(
                            section.at(key),
                            "connector " + id + ": auth has invalid " + key
                                    + " (must be https:// with a host, or on this machine)");
        }
        return good;
    }

    private String text(String key) {
        return texts.getOrDefault(key, "");
    }

    private Secret secret(String key) {
        return Secret.of(text(key));
    }
}

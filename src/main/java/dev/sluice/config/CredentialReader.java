package dev.sluice.config;

import dev.sluice.config.CredentialRule.AwsSignature;
import dev.sluice.config.CredentialRule.Keys;
import dev.sluice.config.HuJson.Text;
import dev.sluice.config.ProviderRule.AuthMode;
import dev.sluice.config.ProviderRule.Authorization;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads how a provider is shown that the gateway may ask it. A credential that can never work (a broken key file, a signature
 * for no region) leaves the provider out; a key that cannot be sent is left out itself.
 */
final class CredentialReader {
    private static final String SIGV4 = "sigv4";

    static final Map<String, Authorization> AUTHORIZATIONS = Map.of(
            "bearer", Authorization.BEARER,
            "x-api-key", Authorization.X_API_KEY,
            "x-goog-api-key", Authorization.X_GOOG_API_KEY,
            "hec", Authorization.HEC,
            "cf-aig-authorization", Authorization.CF_AIG_AUTHORIZATION);

    private static final Map<String, AuthMode> MODES = Map.of(
            "", AuthMode.OVERRIDE,
            "override", AuthMode.OVERRIDE,
            "passthrough", AuthMode.PASSTHROUGH,
            "none", AuthMode.NONE);

    /** Public, FIPS, dual-stack and private endpoints alike name the service, then the region. */
    private static final Pattern AWS_HOST =
            Pattern.compile("(?:.+\\.)?(bedrock-runtime|bedrock-mantle)(?:-fips)?\\.([a-z0-9-]+)\\..+");

    private static final Pattern SENDABLE = Pattern.compile("[!-~](?:[ -~]*[!-~])?");

    private final String id;
    private final Section section;
    private final @Nullable String baseUrl;

    CredentialReader(String id, Section section, @Nullable String baseUrl) {
        this.id = id;
        this.section = section;
        this.baseUrl = baseUrl;
    }

    AuthMode mode() {
        var written = section.text("auth_mode");
        if (written == null) {
            return AuthMode.OVERRIDE;
        }
        var mode = MODES.get(written.value());
        if (mode == null) {
            warn(written, "auth_mode: \"" + written.written() + "\" (expected: one of none, override, passthrough)");
            return AuthMode.OVERRIDE;
        }
        return mode;
    }

    /** Null when the provider cannot be used, which was said then. */
    @Nullable
    CredentialRule credential() {
        var apiKey = section.text("apikey");
        var more = section.texts("apikeys");
        var type = section.text("authorization");
        var vertexRegion = region("vertex_region");
        var awsRegion = region("aws_region");
        var awsProfile = section.textOr("aws_profile", "").strip();
        if (type != null && SIGV4.equals(type.value())) {
            return awsSignature(type, awsRegion, awsProfile);
        }
        if (apiKey != null && KeyFile.isOne(apiKey.value())) {
            return keyFile(apiKey, vertexRegion == null ? "global" : vertexRegion);
        }
        var keys = keys(apiKey, more);
        return new Keys(keys.stream().map(Secret::of).toList(), authorization(type, keys));
    }

    private @Nullable String region(String key) {
        var written = section.text(key);
        if (written == null || written.value().isEmpty()) {
            return null;
        }
        if (!Region.isValid(written.value())) {
            warn(written, key + ": \"" + written.written() + "\" (expected: a region, for example us-east5)");
            return null;
        }
        return written.value();
    }

    private @Nullable CredentialRule awsSignature(Text type, @Nullable String region, String profile) {
        var host = baseUrl == null ? AWS_HOST.matcher("") : AWS_HOST.matcher(BaseUrl.host(baseUrl));
        var known = host.matches();
        var named = region != null ? region : known ? host.group(2) : null;
        if (named == null || !Region.isValid(named)) {
            warn(type, "authorization sigv4 needs \"aws_region\": the baseurl does not name one; it is left out");
            return null;
        }
        var service = known && "bedrock-mantle".equals(host.group(1)) ? "bedrock-mantle" : "bedrock";
        return new AwsSignature(named, service, profile);
    }

    private @Nullable CredentialRule keyFile(Text apiKey, String region) {
        try {
            return KeyFile.read(apiKey.value(), region);
        } catch (IllegalArgumentException e) {
            warn(apiKey, "apikey is no usable key file: " + e.getMessage() + "; it is left out");
            return null;
        }
    }

    private List<String> keys(@Nullable Text first, List<Text> more) {
        var all = new ArrayList<Text>();
        if (first != null) {
            all.add(first);
        }
        all.addAll(more);
        var keys = new LinkedHashSet<String>();
        for (var written : all) {
            // Keys come from files and command output, and those end in a line break.
            var key = written.value().strip();
            if (KeyFile.isOne(key)) {
                warn(written, "a key file can only stand in apikey, alone; this one is ignored");
            } else if (isSendable(key)) {
                keys.add(key);
            } else if (!key.isEmpty()) {
                warn(written, "a key has characters that no header can carry; it is ignored");
            }
        }
        return List.copyOf(keys);
    }

    /** Whether a header can carry it. */
    static boolean isSendable(String key) {
        return SENDABLE.matcher(key).matches();
    }

    private Authorization authorization(@Nullable Text type, List<String> keys) {
        if (type == null || type.value().isEmpty()) {
            return usualAuthorization(keys);
        }
        var authorization = AUTHORIZATIONS.get(type.value());
        if (authorization == null) {
            section.findings().warn(type.at(), "provider " + id + " has invalid authorization type: " + type.written());
            return Authorization.BEARER;
        }
        return authorization;
    }

    /**
     * Bearer, as documented, but for one host: the documented default configuration leaves {@code authorization} out for
     * Anthropic itself, which refuses its API keys as bearer tokens (OAuth tokens it takes no other way). So nothing that
     * works changes, and the default configuration works.
     */
    private Authorization usualAuthorization(List<String> keys) {
        var anthropic = baseUrl != null
                && "api.anthropic.com".equalsIgnoreCase(URI.create(baseUrl).getHost())
                && keys.stream().noneMatch(key -> key.startsWith("sk-ant-oat"));
        return anthropic ? Authorization.X_API_KEY : Authorization.BEARER;
    }

    private void warn(Text at, String message) {
        section.findings().warn(at.at(), "provider " + id + ": " + message);
    }
}

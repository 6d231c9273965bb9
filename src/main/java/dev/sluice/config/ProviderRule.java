package dev.sluice.config;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One provider of the policy document.
 *
 * @param baseUrl       as written, for example {@code https://api.openai.com/} or {@code http://host:8000/v1}
 * @param models        model ids as sent upstream, or globs over them, for example {@code claude-opus*}
 * @param credential    what the gateway itself has to show
 * @param authMode      whose credential a request carries
 * @param compatibility the flags that hold, for example {@code openai_chat}; defaults already applied
 * @param costBasis     as written, null when it is to be inferred
 * @param addHeaders    name to value, added to every upstream request
 * @param preference    higher wins when several providers offer a model
 * @param maxOpenRequests past it requests are refused; 0 for what the node's settings say
 * @param upstream what kind of provider it is, for clients that ask; empty when nobody said
 */
public record ProviderRule(
        String id,
        String baseUrl,
        List<String> models,
        CredentialRule credential,
        AuthMode authMode,
        String name,
        String description,
        Set<String> compatibility,
        @Nullable String costBasis,
        List<CostMapping> modelCostMap,
        List<Map.Entry<String, String>> addHeaders,
        int preference,
        boolean disabled,
        int maxOpenRequests,
        String upstream) {
    public ProviderRule {
        if (maxOpenRequests < 0) {
            throw new IllegalArgumentException(
                    "providers." + id + ".max_open_requests: " + maxOpenRequests + " (expected: > 0)");
        }
        if (id.isEmpty() || id.contains("/")) {
            throw new IllegalArgumentException("provider id: \"" + id + "\" (expected: not empty, no \"/\")");
        }
        if (!BaseUrl.isValid(baseUrl)) {
            throw new IllegalArgumentException(
                    "providers." + id + ".baseurl: " + baseUrl + " (expected: an http or https URL with a host)");
        }
        models = List.copyOf(models);
        compatibility = Set.copyOf(compatibility);
        modelCostMap = List.copyOf(modelCostMap);
        addHeaders = List.copyOf(addHeaders);
    }

    /** What most providers are: the gateway has one key, and sends it; how much is open is up to the node's settings. */
    public ProviderRule(
            String id,
            String baseUrl,
            List<String> models,
            Secret apiKey,
            Authorization authorization,
            String name,
            String description,
            Set<String> compatibility,
            @Nullable String costBasis,
            List<CostMapping> modelCostMap,
            List<Map.Entry<String, String>> addHeaders,
            int preference,
            boolean disabled) {
        this(
                id,
                baseUrl,
                models,
                CredentialRule.Keys.of(apiKey, authorization),
                AuthMode.OVERRIDE,
                name,
                description,
                compatibility,
                costBasis,
                modelCostMap,
                addHeaders,
                preference,
                disabled,
                0,
                "");
    }

    /** Whether a caller has to bring a credential of this provider along. */
    public boolean requiresClientAuth() {
        return authMode == AuthMode.PASSTHROUGH && credential.isEmpty();
    }

    /** Whether requests go out without a credential although nobody said that they should. */
    public boolean lacksCredential() {
        return authMode == AuthMode.OVERRIDE && credential.isEmpty();
    }

    /** Whose credential a request carries. */
    public enum AuthMode {
        /** The gateway's, whatever the client sent. */
        OVERRIDE,
        /** The client's, or the gateway's when the client sent none. */
        PASSTHROUGH,
        /** Nobody's. */
        NONE
    }

    /** How a key is sent. */
    public enum Authorization {
        /** {@code Authorization: Bearer KEY}. */
        BEARER,
        /** {@code x-api-key: KEY}. */
        X_API_KEY,
        /** {@code x-goog-api-key: KEY}. */
        X_GOOG_API_KEY,
        /** {@code Authorization: Splunk KEY}, as Splunk's HTTP event collector wants it. */
        HEC,
        /** {@code cf-aig-authorization: Bearer KEY}, as Cloudflare's AI gateway wants it. */
        CF_AIG_AUTHORIZATION
    }

    /** One entry of {@code model_cost_map}: {@code match} is a Go {@code path.Match} glob; the first match wins. */
    public record CostMapping(String match, String as, BigDecimal adjustment) {
        public CostMapping {
            if (adjustment.signum() < 0) {
                throw new IllegalArgumentException("model_cost_map: adjustment " + adjustment + " (expected: >= 0)");
            }
        }
    }
}

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
 * @param authorization how the key is sent
 * @param compatibility the flags that hold, for example {@code openai_chat}; defaults already applied
 * @param costBasis     as written, null when it is to be inferred
 * @param addHeaders    name to value, added to every upstream request
 * @param preference    higher wins when several providers offer a model
 * @param maxOpenRequests past it requests are refused; 0 for what the node's settings say
 */
public record ProviderRule(
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
        boolean disabled,
        int maxOpenRequests) {
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

    /** One that leaves its limit to the node's settings. */
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
                apiKey,
                authorization,
                name,
                description,
                compatibility,
                costBasis,
                modelCostMap,
                addHeaders,
                preference,
                disabled,
                0);
    }

    public enum Authorization {
        BEARER,
        X_API_KEY,
        X_GOOG_API_KEY
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

package dev.sluice.admin;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.sluice.access.Role;
import dev.sluice.config.ProviderRule;
import dev.sluice.gate.Call;
import dev.sluice.gate.Doc;
import dev.sluice.gate.Endpoint;
import dev.sluice.gate.Needs;
import dev.sluice.provider.Condition;
import dev.sluice.provider.Providers;
import dev.sluice.wire.WireFormats;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /api/providers}: the providers that have a model for the caller, and those models; administrators see all, and how each
 * one does.
 *
 * <p>A bare array, as clients of the original expect it. A glob among a provider's models is shown to a caller whose grants take in all of it.
 */
record ProviderEndpoints(Providers providers) {

    /**
     * @param compatibility every format there is to whether this provider speaks it
     * @param baseUrl       for administrators, like what follows it
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Provider(
            String id,
            String name,
            String description,
            List<String> models,
            Map<String, Boolean> compatibility,
            int preference,
            boolean disabled,
            String authMode,
            boolean requiresClientAuth,
            String upstream,
            @JsonProperty("baseurl") @Nullable String baseUrl,
            @Nullable Boolean hasCredential,
            @Nullable Health condition) {}

    /** @param since when the breaker came to be so; null when it always was */
    private record Health(
            String breaker,
            @Nullable String since,
            int consecutiveFailures,
            @Nullable String lastFailure,
            int openRequests,
            int maxOpenRequests,
            int keys,
            int restingKeys) {
        static Health of(Condition condition) {
            return new Health(
                    condition.breaker().name().toLowerCase(Locale.ROOT),
                    condition.since() == null ? null : condition.since().toString(),
                    condition.consecutiveFailures(),
                    condition.lastFailure() == null
                            ? null
                            : condition.lastFailure().toString(),
                    condition.openRequests(),
                    condition.maxOpenRequests(),
                    condition.keys(),
                    condition.restingKeys());
        }
    }

    List<Endpoint> endpoints() {
        return List.of(new Endpoint(HttpMethods.GET, "/api/providers", Needs.ROLE, this::list)
                .documented(
                        Doc.of("Providers of models that the caller may use; administrators: all, and how each does.")
                                .answersListOf(Provider.class)));
    }

    private CompletionStage<HttpResponse> list(Call call) {
        var listed = new ArrayList<Provider>();
        for (var provider : call.rules().policy().providers().values()) {
            if (call.role() == Role.ADMIN) {
                listed.add(whole(provider));
            } else if (!provider.disabled()) {
                var models = permitted(call, provider);
                if (!models.isEmpty()) {
                    listed.add(view(provider, models, null, null, null));
                }
            }
        }
        return CompletableFuture.completedFuture(Json.ok(listed));
    }

    private static List<String> permitted(Call call, ProviderRule provider) {
        return provider.models().stream()
                .filter(it -> call.rules()
                        .access()
                        .permit(call.caller(), provider.id(), it)
                        .isPresent())
                .toList();
    }

    private Provider whole(ProviderRule provider) {
        return view(
                provider,
                provider.models(),
                provider.baseUrl(),
                !provider.credential().isEmpty(),
                Health.of(providers.condition(provider)));
    }

    private static Provider view(
            ProviderRule provider,
            List<String> models,
            @Nullable String baseUrl,
            @Nullable Boolean hasCredential,
            @Nullable Health condition) {
        return new Provider(
                provider.id(),
                provider.name(),
                provider.description(),
                models,
                compatibility(provider),
                provider.preference(),
                provider.disabled(),
                provider.authMode().name().toLowerCase(Locale.ROOT),
                provider.requiresClientAuth(),
                provider.upstream(),
                baseUrl,
                hasCredential,
                condition);
    }

    private static Map<String, Boolean> compatibility(ProviderRule provider) {
        var flags = new TreeMap<String, Boolean>();
        WireFormats.FLAGS.forEach(flag -> flags.put(flag, false));
        provider.compatibility().forEach(flag -> flags.put(flag, true));
        return flags;
    }
}

package dev.sluice.config;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One grant: callers that match {@code src} get every capability of it, while it holds.
 *
 * @param src          {@code *}, a login, {@code (loopback)}, a tag, or tags sorted and joined by commas
 * @param capabilities those of {@code tailscale.com/cap/aperture}, in document order
 * @param custom       other capability keys of {@code app}, as JSON values (maps, lists, strings, numbers)
 */
public record GrantRule(List<String> src, List<Capability> capabilities, Map<String, Object> custom, Window window) {
    public GrantRule {
        src = List.copyOf(src);
        capabilities = List.copyOf(capabilities);
        custom = Ordered.copy(custom);
    }

    /** One that always holds. */
    public GrantRule(List<String> src, List<Capability> capabilities, Map<String, Object> custom) {
        this(src, capabilities, custom, Window.ALWAYS);
    }

    /**
     * One capability object.
     *
     * @param role    {@code admin} or {@code user}, null when it assigns none
     * @param models  glob patterns over {@code provider/model}; null when the field is absent: then the capability floats
     *     and applies to every model (it grants none)
     * @param buckets names of quotas as referenced, templates included
     * @param extras  what it grants beside models
     */
    public record Capability(
            @Nullable String role,
            @Nullable List<String> models,
            List<String> buckets,
            List<Map.Entry<String, String>> addHeaders,
            List<SendHook> sendHooks,
            Extras extras) {
        public Capability {
            if (role != null && !role.equals("admin") && !role.equals("user")) {
                throw new IllegalArgumentException("role: " + role + " (expected: admin or user)");
            }
            models = models == null ? null : List.copyOf(models);
            buckets = List.copyOf(buckets);
            addHeaders = List.copyOf(addHeaders);
            sendHooks = List.copyOf(sendHooks);
        }

        /** One that is about models only. */
        public Capability(
                @Nullable String role,
                @Nullable List<String> models,
                List<String> buckets,
                List<Map.Entry<String, String>> addHeaders) {
            this(role, models, buckets, addHeaders, List.of(), Extras.NONE);
        }
    }

    /**
     * A hook that is called with the requests a capability applies to.
     *
     * @param name  of the hook; whoever calls hooks has to decide what becomes of a request whose hook nobody defined
     * @param only  narrows this further, by the syntax of {@code temp_grants}; null when nothing does
     */
    public record SendHook(
            String name,
            Set<HookEvent> events,
            Set<HookDatum> send,
            @Nullable Match only) {
        public SendHook {
            events = Set.copyOf(events);
            send = Set.copyOf(send);
        }
    }

    /**
     * Requests for one of the models at one of the providers.
     *
     * @param providers glob patterns over the provider's id
     * @param models    glob patterns over the model's
     */
    public record Match(List<String> providers, List<String> models) {
        public Match {
            providers = List.copyOf(providers);
            models = List.copyOf(models);
        }
    }

    /** When a hook is called. */
    public enum HookEvent {
        PRE_REQUEST,
        ENTIRE_REQUEST,
        TOOL_CALL_ENTIRE_REQUEST
    }

    /** What a hook is sent. */
    public enum HookDatum {
        TOOLS,
        REQUEST_BODY,
        USER_MESSAGE,
        RESPONSE_BODY,
        RAW_RESPONSES,
        ESTIMATED_COST,
        GRANTS,
        QUOTAS
    }

    /**
     * What a capability grants beside models.
     *
     * @param mcpTools     glob patterns over {@code server/tool}, as those of resources and templates
     * @param connectors   patterns over {@code connector/category/resource}, or {@code label:x}
     * @param unstructured fields whose form no document tells ({@code filterable_headers}, {@code skills},
     *     {@code direct_paths}), as JSON values
     */
    public record Extras(
            List<String> mcpTools,
            List<String> mcpResources,
            List<String> mcpTemplates,
            List<String> connectors,
            boolean enableChatUi,
            boolean readMetrics,
            boolean readPricing,
            @Nullable Cors cors,
            Map<String, Object> unstructured) {
        public static final Extras NONE =
                new Extras(List.of(), List.of(), List.of(), List.of(), false, false, false, null, Map.of());

        public Extras {
            mcpTools = List.copyOf(mcpTools);
            mcpResources = List.copyOf(mcpResources);
            mcpTemplates = List.copyOf(mcpTemplates);
            connectors = List.copyOf(connectors);
            unstructured = Ordered.copy(unstructured);
        }
    }

    /** Headers of answers at these paths; an empty value for a header that is not sent. */
    public record Cors(List<String> paths, String allowOrigin, String allowMethods, String allowHeaders) {
        public Cors {
            paths = List.copyOf(paths);
        }
    }
}

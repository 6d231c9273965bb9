package dev.sluice.config;

import dev.sluice.config.Shape.Open;
import dev.sluice.config.Shape.Patterns;
import java.util.List;

/** Grants as they are written; see {@link Shape}. */
final class GrantShape {
    static final Shape APP = new Shape(App.class);

    private GrantShape() {}

    record Grant(
            @Key(
                    "Whom it is for: \"*\", a login, a tag (or all of a machine's, joined by commas), group:x, (loopback).")
            List<String> src,

            @Key("What it grants, by the name of a capability; names of others are passed on to hooks.")
            App app,

            @Key(name = "srcPosture", value = "Cannot be checked here: a grant that has it is left out.")
            Object srcPosture,

            @Key("Sluice's own. From when on it holds, as 2026-12-24T18:00:00Z.")
            String starts,

            @Key("Sluice's own. Until when it holds, as 2026-12-24T18:00:00Z.")
            String expires) {}

    record App(
            @Key(name = GrantReader.CAPABILITY, value = "What the gateway grants.")
            List<Capability> capabilities) implements Open {}

    record Capability(
            @Key(
                    value = "admin sees and changes everything, user what is their own. Without a role: nothing.",
                    oneOf = {"admin", "user"})
            String role,

            @Key("Globs over provider/model, as \"**\" or \"anthropic/**\": * is one segment, ** any number. "
                    + "Without it, the capability grants no model and what else it says holds for all.")
            Patterns models,

            @Key("Quotas that pay for those models.") List<Bucket> quotas,

            @Key("Hooks that are called with requests for those models.")
            List<SendHook> sendHooks,

            @Key(value = "Headers that those requests get, as \"Header-Name: value\".", secrecy = Secrecy.HEADER)
            List<String> addHeaders,

            @Key(value = "Globs over server/tool. Use connectors.", deprecated = true)
            Patterns mcpTools,

            @Key(value = "Globs over server/resource. Use connectors.", deprecated = true)
            Patterns mcpResources,

            @Key(value = "Globs over server/template. Use connectors.", deprecated = true)
            Patterns mcpTemplates,

            @Key("Connectors: globs over connector/category/resource, where a category is tools, resources, templates "
                    + "or proxy; or label:x.")
            Patterns connectors,

            @Key(value = "Chat.", usual = "false") boolean enableChatUi,
            @Key(value = "/metrics", usual = "false") boolean readMetrics,

            @Key(value = "/aperture/pricing", usual = "false")
            boolean readPricing,

            @Key("Which kept headers requests may be found by.")
            Object filterableHeaders,

            @Key("Skills in chat.") Object skills,
            @Key("Paths that are passed on as they are.") Object directPaths,

            @Key(value = "Whether answers get the headers below.", usual = "false")
            boolean setCors,

            @Key("Paths, with globs, whose answers get them.")
            List<String> corsPaths,

            @Key(name = "Access-Control-Allow-Origin", value = "That header's value.")
            String allowOrigin,

            @Key(name = "Access-Control-Allow-Methods", value = "That header's value.")
            String allowMethods,

            @Key(name = "Access-Control-Allow-Headers", value = "That header's value.")
            String allowHeaders) {}

    record Bucket(
            @Key(value = "The quota's name, template included.", required = true)
            String bucket) {}

    record SendHook(
            @Key(value = "The hook's name.", required = true)
            String name,

            @Key(
                    value = "When it is called.",
                    oneOf = {"pre_request", "entire_request", "tool_call_entire_request"})
            List<String> events,

            @Key(
                    value = "What it is sent.",
                    oneOf = {
                        "tools",
                        "request_body",
                        "user_message",
                        "response_body",
                        "raw_responses",
                        "estimated_cost",
                        "grants",
                        "quotas"
                    })
            List<String> send) {}

    record TempGrant(
            @Key("Whom it is for, as in grants.") List<String> src,
            @Key("What it grants.") List<TempCapability> grants,

            @Key("Sluice's own. From when on it holds, as 2026-12-24T18:00:00Z.")
            String starts,

            @Key("Sluice's own. Until when it holds, as 2026-12-24T18:00:00Z.")
            String expires) {}

    record TempCapability(
            @Key(
                    value = "As in grants.",
                    oneOf = {"admin", "user"})
            String role,

            @Key("Models of providers.") List<TempModel> providers,
            @Key("A hook that is called.") TempHook hook) {}

    record TempModel(
            @Key(value = "The provider's id, or \"*\".", required = true)
            String provider,

            @Key(value = "The model's id, or \"*\".", usual = "\"*\"")
            String model) {}

    record TempHook(
            @Key(value = "Which requests it is called with.", required = true)
            TempMatch match,

            @Key(value = "The hook's name.", required = true)
            String hook,

            @Key(
                    value = "What it is sent.",
                    oneOf = {
                        "tools",
                        "request_body",
                        "user_message",
                        "response_body",
                        "raw_responses",
                        "estimated_cost",
                        "grants",
                        "quotas"
                    })
            List<String> fields) {}

    record TempMatch(
            @Key(value = "Providers, or \"*\".", usual = "[\"*\"]")
            List<String> providers,

            @Key(value = "Models, or \"*\".", usual = "[\"*\"]")
            List<String> models,

            @Key(
                    value = "When it is called.",
                    oneOf = {"pre_request", "entire_request", "tool_call_entire_request"})
            List<String> events) {}
}

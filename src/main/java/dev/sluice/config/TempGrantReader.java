package dev.sluice.config;

import dev.sluice.config.GrantPlace.CapabilityPlace;
import dev.sluice.config.GrantRule.Capability;
import dev.sluice.config.GrantRule.Extras;
import dev.sluice.config.GrantRule.Match;
import dev.sluice.config.GrantRule.SendHook;
import dev.sluice.config.HuJson.Arr;
import dev.sluice.config.HuJson.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code temp_grants}, the syntax before {@code grants}, into the same rules: {@code "*"} as a model is every model there,
 * and a hook is called with what its {@code match} says, whatever grants the model.
 */
record TempGrantReader(Declared declared) {

    List<PlacedGrant> read(Section root) {
        var grants = new ArrayList<PlacedGrant>();
        for (var grant : root.sections("temp_grants")) {
            var src = grant.texts("src").stream().map(Text::value).toList();
            var window = WindowReader.read(grant);
            var capabilities = new ArrayList<Capability>();
            var places = new ArrayList<CapabilityPlace>();
            var items = grant.items("grants");
            for (int i = 0; i < items.size(); i++) {
                var section = grant.section("grants", i, items.get(i));
                if (section != null) {
                    capabilities.add(capability(section));
                    places.add(new CapabilityPlace(i, section.at().line()));
                }
            }
            grant.reportUnknownFields();
            grants.add(new PlacedGrant(
                    new GrantRule(src, capabilities, Map.of(), window),
                    new GrantPlace(grant.path(), grant.at().line(), places)));
        }
        return grants;
    }

    private Capability capability(Section section) {
        var role = CapabilityReader.role(section);
        var models = models(section);
        var hook = section.section("hook");
        var sendHook = hook == null ? null : sendHook(hook);
        section.reportUnknownFields();
        return new Capability(
                role, models, List.of(), List.of(), sendHook == null ? List.of() : List.of(sendHook), Extras.NONE);
    }

    private @Nullable List<String> models(Section section) {
        if (!(section.value("providers") instanceof Arr)) {
            section.items("providers");
            return null;
        }
        var patterns = new ArrayList<String>();
        for (var entry : section.sections("providers")) {
            var provider = entry.text("provider");
            var model = entry.text("model");
            var readable = model != null || !entry.has("model");
            entry.reportUnknownFields();
            if (provider == null || provider.value().isEmpty()) {
                entry.findings().warn(entry.at(), entry.path() + ": left out (expected: \"provider\", an id or \"*\")");
            } else if (readable) {
                var pattern = pattern(provider.value(), model == null ? "*" : model.value());
                CapabilityReader.checkProvider(entry, declared, provider, pattern);
                patterns.add(pattern);
            }
        }
        return patterns;
    }

    private static String pattern(String provider, String model) {
        return provider + "/" + model(model);
    }

    /** In the older syntax an asterisk takes in models whose ids have slashes, too. */
    private static String model(String written) {
        return written.isEmpty() || written.equals("*") ? "**" : written;
    }

    private @Nullable SendHook sendHook(Section hook) {
        var name = CapabilityReader.hookName(hook, "hook", declared);
        var send = hook.words("fields", GrantRule.HookDatum.class);
        var match = hook.section("match");
        hook.reportUnknownFields();
        if (match == null) {
            if (!hook.has("match")) {
                hook.findings().warn(hook.at(), hook.path() + ": left out (expected: \"match\", an object)");
            }
            return null;
        }
        var providers = orAll(match, "providers");
        var models = orAll(match, "models").stream().map(TempGrantReader::model).toList();
        var events = match.words("events", GrantRule.HookEvent.class);
        match.reportUnknownFields();
        return name == null ? null : new SendHook(name, events, send, new Match(providers, models));
    }

    /** What cannot be read narrows nothing: better a hook is called once too often. */
    private static List<String> orAll(Section match, String key) {
        var texts = match.texts(key);
        return match.value(key) instanceof Arr array && array.items().size() == texts.size()
                ? texts.stream().map(Text::value).toList()
                : List.of("*");
    }
}

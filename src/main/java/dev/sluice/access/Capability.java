package dev.sluice.access;

import dev.sluice.config.Glob;
import dev.sluice.config.GrantPlace.CapabilityPlace;
import dev.sluice.config.GrantRule;
import dev.sluice.config.GrantRule.SendHook;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One capability with its patterns compiled.
 *
 * @param models null when it floats
 */
record Capability(
        CapabilityPlace place,
        GrantRule.Capability rule,
        @Nullable List<Glob> models,
        List<Hooked> hooks) {

    /**
     * A hook that it calls.
     *
     * @param providers of which it is called, and {@code models}; null when with all that the capability applies to
     */
    record Hooked(
            SendHook rule,
            @Nullable List<Glob> providers,
            @Nullable List<Glob> models) {
        static Hooked of(SendHook rule) {
            var only = rule.only();
            return new Hooked(
                    rule, only == null ? null : globs(only.providers()), only == null ? null : globs(only.models()));
        }

        private static List<Glob> globs(List<String> patterns) {
            return patterns.stream().map(Glob::of).toList();
        }

        boolean isFor(String provider, String model) {
            return (providers == null || providers.stream().anyMatch(it -> it.matches(provider)))
                    && (models == null || models.stream().anyMatch(it -> it.matches(model)));
        }
    }

    static Capability of(CapabilityPlace place, GrantRule.Capability rule) {
        var patterns = rule.models();
        return new Capability(
                place,
                rule,
                patterns == null ? null : patterns.stream().map(Glob::of).toList(),
                rule.sendHooks().stream().map(Hooked::of).toList());
    }

    /** The first of its patterns that takes in a model; null when it does not grant it. */
    @Nullable
    Glob covering(String name) {
        if (models != null) {
            for (var pattern : models) {
                if (pattern.matches(name)) {
                    return pattern;
                }
            }
        }
        return null;
    }

    boolean floats() {
        return models == null;
    }

    Role role() {
        return switch (rule.role()) {
            case "admin" -> Role.ADMIN;
            case "user" -> Role.USER;
            case null, default -> Role.NONE;
        };
    }
}

package dev.sluice.access;

import dev.sluice.config.Glob;
import dev.sluice.config.GrantPlace.CapabilityPlace;
import dev.sluice.config.GrantRule;
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
        @Nullable List<Glob> models) {
    static Capability of(CapabilityPlace place, GrantRule.Capability rule) {
        var patterns = rule.models();
        return new Capability(
                place,
                rule,
                patterns == null ? null : patterns.stream().map(Glob::of).toList());
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

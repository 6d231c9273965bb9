package dev.sluice.access;

import dev.sluice.config.Glob;
import dev.sluice.config.GrantRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One capability with its patterns compiled.
 *
 * @param models null when it floats
 */
record Capability(GrantRule.Capability rule, @Nullable List<Glob> models) {
    static Capability of(GrantRule.Capability rule) {
        var patterns = rule.models();
        return new Capability(
                rule, patterns == null ? null : patterns.stream().map(Glob::of).toList());
    }

    /** Whether it grants a model. */
    boolean covers(String name) {
        return models != null && models.stream().anyMatch(it -> it.matches(name));
    }

    boolean floats() {
        return models == null;
    }
}

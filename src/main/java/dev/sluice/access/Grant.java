package dev.sluice.access;

import dev.sluice.access.Explanation.Addressed;
import dev.sluice.config.GrantPlace;
import dev.sluice.config.GrantRule;
import dev.sluice.config.Window;
import dev.sluice.identity.Caller;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A grant whose patterns are compiled, once for all callers. */
record Grant(
        GrantPlace place, Source source, List<Capability> capabilities, Map<String, Object> custom, Window window) {

    /** What of it a caller has. */
    record Given(Addressed by, List<Capability> capabilities, Map<String, Object> custom) {}

    static Grant of(GrantPlace place, GrantRule rule) {
        var capabilities = new ArrayList<Capability>();
        for (int i = 0; i < rule.capabilities().size(); i++) {
            capabilities.add(Capability.of(
                    place.capabilities().get(i), rule.capabilities().get(i)));
        }
        return new Grant(place, new Source(rule.src()), List.copyOf(capabilities), rule.custom(), rule.window());
    }

    /** Null when it is for others. */
    @Nullable
    Given to(Caller caller) {
        var matched = source.matching(caller);
        return matched == null ? null : given(matched);
    }

    /** As it came with the caller, addressed already. */
    Given carried() {
        return given(null);
    }

    private Given given(@Nullable String matched) {
        var rules = capabilities.stream().map(Capability::rule).toList();
        return new Given(new Addressed(place, matched, window, rules), capabilities, custom);
    }
}

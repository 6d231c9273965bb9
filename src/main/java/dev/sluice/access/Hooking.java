package dev.sluice.access;

import dev.sluice.access.Capability.Hooked;
import dev.sluice.access.Grant.Given;
import dev.sluice.access.Standing.Held;
import dev.sluice.config.GrantRule.HookDatum;
import dev.sluice.config.GrantRule.HookEvent;
import dev.sluice.config.HookRule;
import dev.sluice.config.Policy;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which hooks are called with one caller's requests. Whoever has none pays for one look at a flag.
 *
 * @param any    whether any grant of the caller's calls one
 * @param rules  those that the policy defines, by name
 * @param custom capabilities of others, as hooks are sent them; empty when none is
 */
record Hooking(boolean any, Map<String, HookRule> rules, Map<String, List<Object>> custom) {
    private static final Hooking NONE = new Hooking(false, Map.of(), Map.of());

    private record Union(Set<HookEvent> events, Set<HookDatum> send) {
        Union() {
            this(EnumSet.noneOf(HookEvent.class), EnumSet.noneOf(HookDatum.class));
        }
    }

    static Hooking of(Policy policy, List<Given> given) {
        var hooked = given.stream()
                .flatMap(it -> it.capabilities().stream())
                .flatMap(it -> it.hooks().stream())
                .toList();
        if (hooked.isEmpty()) {
            return NONE;
        }
        var wanted = hooked.stream().anyMatch(it -> it.rule().send().contains(HookDatum.GRANTS));
        return new Hooking(true, policy.hooks(), wanted ? custom(given) : Map.of());
    }

    /** Of several grants with one capability, all that they say. */
    private static Map<String, List<Object>> custom(List<Given> given) {
        var all = new LinkedHashMap<String, List<Object>>();
        for (var grant : given) {
            grant.custom().forEach((name, value) -> {
                var values = all.computeIfAbsent(name, _ -> new ArrayList<>());
                if (value instanceof List<?> list) {
                    values.addAll(list);
                } else {
                    values.add(value);
                }
            });
        }
        return all;
    }

    /** Each once; those that are switched off are not there. */
    List<Permit.Hook> of(List<Held> held, String provider, String model) {
        if (!any) {
            return List.of();
        }
        var name = provider + "/" + model;
        var unions = new LinkedHashMap<String, Union>();
        for (var it : held) {
            var capability = it.capability();
            if (!capability.hooks().isEmpty() && (capability.floats() || capability.covering(name) != null)) {
                for (var hooked : capability.hooks()) {
                    add(unions, hooked, provider, model);
                }
            }
        }
        var hooks = new ArrayList<Permit.Hook>(unions.size());
        unions.forEach((hook, union) -> {
            var rule = rules.get(hook);
            if (rule == null || !rule.disabled()) {
                hooks.add(new Permit.Hook(hook, rule, union.events(), union.send()));
            }
        });
        return hooks;
    }

    private static void add(Map<String, Union> unions, Hooked hooked, String provider, String model) {
        if (hooked.isFor(provider, model)) {
            var union = unions.computeIfAbsent(hooked.rule().name(), _ -> new Union());
            union.events().addAll(hooked.rule().events());
            union.send().addAll(hooked.rule().send());
        }
    }
}

package dev.sluice.access;

import dev.sluice.config.GrantRule;
import dev.sluice.config.Policy;
import dev.sluice.config.QuotaRule;
import dev.sluice.identity.Caller;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** The grants of one policy. */
final class Grants implements Access {
    // Callers at a time, not ever: when full it starts over, and those who still call are worked out again.
    private static final int MOST_STANDINGS = 4096;

    private final Map<String, QuotaRule> quotas;
    private final List<Compiled> grants;
    private final ConcurrentHashMap<Caller, Standing> standings = new ConcurrentHashMap<>();

    /** A grant whose patterns are compiled, once for all callers. */
    private record Compiled(Source source, List<Capability> capabilities) {
        static Compiled of(GrantRule rule) {
            return new Compiled(new Source(rule.src()), compile(rule));
        }
    }

    Grants(Policy policy) {
        quotas = policy.quotas();
        grants = policy.grants().stream().map(Compiled::of).toList();
    }

    @Override
    public Role role(Caller caller) {
        return standing(caller).role();
    }

    @Override
    public Optional<Permit> permit(Caller caller, String provider, String model) {
        return standing(caller).permit(caller, provider, model);
    }

    private Standing standing(Caller caller) {
        var known = standings.get(caller);
        if (known != null) {
            return known;
        }
        var standing = Standing.of(caller, capabilities(caller), quotas);
        if (standings.size() >= MOST_STANDINGS) {
            standings.clear();
        }
        standings.put(caller, standing);
        return standing;
    }

    private List<Capability> capabilities(Caller caller) {
        var granted =
                grants.stream().filter(it -> it.source().matches(caller)).flatMap(it -> it.capabilities().stream());
        var carried = caller.carried().stream().flatMap(it -> compile(it).stream());
        return Stream.concat(granted, carried).toList();
    }

    private static List<Capability> compile(GrantRule rule) {
        return rule.capabilities().stream().map(Capability::of).toList();
    }
}

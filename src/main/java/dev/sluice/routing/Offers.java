package dev.sluice.routing;

import dev.sluice.config.Glob;
import dev.sluice.config.Policy;
import dev.sluice.config.ProviderRule;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What providers of one policy offer. The answer to every name that the document spells out is worked out
 * beforehand; only what globs offer is looked for when it is asked for.
 */
final class Offers implements Router {
    private static final Comparator<Shelf> BY_PREFERENCE =
            Comparator.comparingInt(Shelf::preference).reversed();

    private final List<Shelf> shelves;
    private final List<Upstream> all;
    private final Map<String, List<Upstream>> byName;
    private final boolean anyGlob;
    private final Map<String, List<Upstream>> fallbacks;

    /** One provider and its models. */
    private record Shelf(ProviderRule provider, Set<String> names, List<Glob> globs) {
        static Shelf of(ProviderRule provider) {
            var byKind = provider.models().stream().map(Glob::of).collect(Collectors.partitioningBy(Glob::isLiteral));
            var names = byKind.getOrDefault(true, List.of()).stream().map(Glob::toString);
            return new Shelf(
                    provider, names.collect(Collectors.toUnmodifiableSet()), byKind.getOrDefault(false, List.of()));
        }

        int preference() {
            return provider.preference();
        }

        boolean spellsOut(String model) {
            return names.contains(model);
        }

        boolean offers(String model) {
            return names.contains(model) || globs.stream().anyMatch(it -> it.matches(model));
        }
    }

    Offers(Policy policy, Predicate<ProviderRule> which) {
        var chosen = policy.providers().values().stream().filter(which).toList();
        // The sort is stable: the document's order decides between equals.
        shelves = chosen.stream().map(Shelf::of).sorted(BY_PREFERENCE).toList();
        anyGlob = shelves.stream().anyMatch(it -> !it.globs().isEmpty());
        all = chosen.stream().flatMap(Offers::listed).toList();
        fallbacks = policy.fallbacks().entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(
                        Map.Entry::getKey,
                        it -> it.getValue().stream().flatMap(this::qualified).toList()));
        byName = new HashMap<>();
        for (var upstream : all) {
            byName.computeIfAbsent(upstream.model(), this::find);
            byName.computeIfAbsent(upstream.provider().id() + "/" + upstream.model(), this::find);
        }
    }

    private static Stream<Upstream> listed(ProviderRule provider) {
        return provider.models().stream()
                .distinct()
                .filter(it -> Glob.of(it).isLiteral())
                .map(it -> new Upstream(provider, it));
    }

    @Override
    public List<Upstream> upstreams(String requested) {
        var known = byName.get(requested);
        if (known != null) {
            return known;
        }
        return anyGlob ? find(requested) : List.of();
    }

    @Override
    public List<Upstream> fallbacks(Upstream upstream) {
        return fallbacks.isEmpty() ? List.of() : fallbacks.getOrDefault(upstream.name(), List.of());
    }

    @Override
    public List<Upstream> all() {
        return all;
    }

    private List<Upstream> find(String requested) {
        var found = new ArrayList<Upstream>();
        qualified(requested).forEach(found::add);
        shelves.stream()
                .filter(it -> it.offers(requested))
                // Whoever spells a name out means it; a glob may take in the models of others. Among equals only.
                .sorted(BY_PREFERENCE.thenComparing(it -> !it.spellsOut(requested)))
                .forEach(it -> found.add(new Upstream(it.provider(), requested)));
        return List.copyOf(found);
    }

    /** The upstream of {@code provider/model}: one, or none. Ids of providers have no slash, so the first one ends the qualifier. */
    private Stream<Upstream> qualified(String name) {
        var slash = name.indexOf('/');
        if (slash <= 0) {
            return Stream.empty();
        }
        var model = name.substring(slash + 1);
        return shelves.stream()
                .filter(it -> name.startsWith(it.provider().id() + "/") && it.offers(model))
                .map(it -> new Upstream(it.provider(), model));
    }
}

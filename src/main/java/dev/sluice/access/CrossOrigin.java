package dev.sluice.access;

import dev.sluice.config.Glob;
import dev.sluice.config.GrantRule.Cors;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which other sites' pages may read answers, at which paths. A rule without paths or without an origin allows nothing, and {@code null}, the
 * origin of pages that have none, is nobody's.
 */
public final class CrossOrigin {
    /** For nobody. */
    public static final CrossOrigin NONE = new CrossOrigin(List.of());

    private static final String ANY = "*";

    private final List<Rule> rules;

    private record Rule(List<Glob> paths, Set<String> origins, List<String> methods, List<String> headers) {
        static Rule of(Cors cors) {
            return new Rule(
                    cors.paths().stream().map(Glob::of).toList(),
                    Set.copyOf(words(cors.allowOrigin())),
                    words(cors.allowMethods()),
                    words(cors.allowHeaders()));
        }

        /** Each once. */
        private static List<String> words(String value) {
            return Arrays.stream(value.split("[,\\s]+", -1))
                    .filter(word -> !word.isEmpty())
                    .distinct()
                    .toList();
        }

        boolean allows(String origin, String path) {
            return (origins.contains(ANY) || origins.contains(origin))
                    && paths.stream().anyMatch(glob -> glob.matches(path));
        }
    }

    /**
     * What a page may do.
     *
     * @param origin  the page's, or {@code *}
     * @param methods beside those that need no asking, with commas between them; empty for none
     * @param headers as the methods
     */
    public record Allowed(String origin, String methods, String headers) {}

    private CrossOrigin(List<Rule> rules) {
        this.rules = rules;
    }

    static CrossOrigin of(List<Capability> capabilities) {
        var rules = capabilities.stream()
                .flatMap(it -> Optional.ofNullable(it.rule().extras().cors()).stream())
                .map(Rule::of)
                .toList();
        return rules.isEmpty() ? NONE : new CrossOrigin(rules);
    }

    /** What pages of an origin may do at a path: all that any rule says. Empty when none says anything. */
    public Optional<Allowed> allowed(String origin, String path) {
        var matching = origin.equals("null")
                ? List.<Rule>of()
                : rules.stream().filter(rule -> rule.allows(origin, path)).toList();
        if (matching.isEmpty()) {
            return Optional.empty();
        }
        var methods = new LinkedHashSet<String>();
        var headers = new LinkedHashSet<String>();
        matching.forEach(rule -> {
            methods.addAll(rule.methods());
            headers.addAll(rule.headers());
        });
        var any = matching.stream().anyMatch(rule -> rule.origins().contains(ANY));
        return Optional.of(new Allowed(any ? ANY : origin, String.join(", ", methods), String.join(", ", headers)));
    }
}

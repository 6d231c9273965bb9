package dev.sluice.gate;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.pekko.http.javadsl.model.HttpMethod;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.jspecify.annotations.Nullable;

/**
 * Finds the endpoint of a request. A path as it came is looked up whole first; only then are patterns tried, and they are few: those that
 * leave least open come first.
 * Empty segments, dot segments and, but where a pattern allows them, encoded slashes match nothing.
 */
final class PathTable {
    /** What a path leads to. */
    sealed interface Match {}

    record Found(Endpoint endpoint, Map<String, String> parameters) implements Match {}

    record WrongMethod(Refuser refuser, List<HttpMethod> allowed) implements Match {}

    record NoSuchPath() implements Match {}

    private record Pattern(List<Segment> segments, List<Endpoint> endpoints) {
        int parameters() {
            return (int)
                    segments.stream().filter(segment -> segment.name() != null).count();
        }

        /** {@code {id}:verb} has more than {@code {id}}, which would match it, too. */
        int letters() {
            return segments.stream()
                    .mapToInt(segment -> segment.text().length())
                    .sum();
        }
    }

    private final Map<String, List<Endpoint>> exact = new HashMap<>();
    private final List<Pattern> patterns;

    PathTable(List<Endpoint> endpoints) {
        var byPattern = new LinkedHashMap<String, List<Endpoint>>();
        for (var endpoint : endpoints) {
            var table = endpoint.path().indexOf('{') < 0 ? exact : byPattern;
            var siblings = table.computeIfAbsent(endpoint.path(), path -> new ArrayList<>());
            if (siblings.stream().anyMatch(other -> other.method().equals(endpoint.method()))) {
                throw new IllegalArgumentException(
                        endpoint.method().name() + " " + endpoint.path() + " (expected: one endpoint each)");
            }
            siblings.add(endpoint);
        }
        patterns = byPattern.entrySet().stream()
                .map(entry -> new Pattern(
                        segments(entry.getKey()).stream().map(Segment::of).toList(), entry.getValue()))
                .sorted(Comparator.comparingInt(Pattern::parameters)
                        .thenComparing(Pattern::letters, Comparator.reverseOrder()))
                .toList();
    }

    Match match(HttpMethod method, String path) {
        var endpoints = exact.get(path);
        return endpoints == null ? matchPatterns(method, path) : choose(method, endpoints, Map.of());
    }

    private Match matchPatterns(HttpMethod method, String path) {
        var segments = segments(path);
        for (var pattern : patterns) {
            var parameters = parameters(pattern.segments(), segments);
            if (parameters != null) {
                return choose(method, pattern.endpoints(), parameters);
            }
        }
        return new NoSuchPath();
    }

    private static Match choose(HttpMethod method, List<Endpoint> endpoints, Map<String, String> parameters) {
        for (var endpoint : endpoints) {
            if (endpoint.method().equals(method)) {
                return new Found(endpoint, parameters);
            }
        }
        // The server leaves the body out of an answer to HEAD by itself.
        return method.equals(HttpMethods.HEAD) && endpoints.stream().anyMatch(PathTable::gets)
                ? choose(HttpMethods.GET, endpoints, parameters)
                : new WrongMethod(endpoints.getFirst().refuser(), allowed(endpoints));
    }

    private static List<HttpMethod> allowed(List<Endpoint> endpoints) {
        var methods = new ArrayList<>(endpoints.stream().map(Endpoint::method).toList());
        if (endpoints.stream().anyMatch(PathTable::gets) && !methods.contains(HttpMethods.HEAD)) {
            methods.add(HttpMethods.HEAD);
        }
        return methods;
    }

    private static boolean gets(Endpoint endpoint) {
        return endpoint.method().equals(HttpMethods.GET);
    }

    private static @Nullable Map<String, String> parameters(List<Segment> pattern, List<String> segments) {
        if (pattern.size() != segments.size()) {
            return null;
        }
        var parameters = new HashMap<String, String>();
        for (var i = 0; i < pattern.size(); i++) {
            var expected = pattern.get(i);
            if (!expected.matches(segments.get(i), parameters)) {
                return null;
            }
        }
        return Map.copyOf(parameters);
    }

    private static List<String> segments(String path) {
        return List.of(path.split("/", -1));
    }
}

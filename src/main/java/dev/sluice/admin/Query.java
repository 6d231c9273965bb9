package dev.sluice.admin;

import dev.sluice.wire.BadRequest;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.scaladsl.model.IllegalUriException;
import org.apache.pekko.japi.Pair;
import org.jspecify.annotations.Nullable;

/**
 * The query of a request, each parameter known.
 *
 * @param values of those that may be there once
 * @param lists  of those that may be there several times
 */
record Query(Map<String, String> values, Map<String, List<String>> lists) {
    /** More than anybody has tags, or groups that matter. */
    private static final int MOST_REPEATED = 64;

    static Query of(HttpRequest request, Set<String> once) throws BadRequest {
        return of(request, once, Set.of());
    }

    static Query of(HttpRequest request, Set<String> once, Set<String> repeated) throws BadRequest {
        var values = new HashMap<String, String>();
        var lists = new HashMap<String, List<String>>();
        for (var parameter : parse(request)) {
            var name = parameter.first();
            if (repeated.contains(name)) {
                add(lists.computeIfAbsent(name, _ -> new ArrayList<>()), name, parameter.second());
            } else if (!once.contains(name)) {
                var known = new TreeSet<>(once);
                known.addAll(repeated);
                throw new BadRequest(
                        "unknown parameter " + Json.quote(name) + " (expected: " + String.join(", ", known) + ")");
            } else if (values.put(name, parameter.second()) != null) {
                throw new BadRequest(name + ": given twice");
            }
        }
        return new Query(values, lists);
    }

    private static void add(List<String> list, String name, String value) throws BadRequest {
        if (list.size() == MOST_REPEATED) {
            throw new BadRequest(name + ": given more than " + MOST_REPEATED + " times");
        }
        list.add(value);
    }

    /** Every value of a parameter that may be there several times. */
    List<String> all(String name) {
        return lists.getOrDefault(name, List.of());
    }

    /** {@code true} or {@code false}; false when it is not there. */
    boolean flag(String name) throws BadRequest {
        return switch (values.getOrDefault(name, "false")) {
            case "true" -> true;
            case "false" -> false;
            case String other -> throw new BadRequest(name + ": " + Json.quote(other) + " (expected: true or false)");
        };
    }

    private static Iterable<Pair<String, String>> parse(HttpRequest request) throws BadRequest {
        try {
            return request.getUri().query().toList();
        } catch (IllegalUriException e) {
            throw new BadRequest("the query cannot be read");
        }
    }

    /** {@code limit}, between 1 and {@code max}. */
    int limit(int standard, int max) throws BadRequest {
        var text = values.get("limit");
        if (text == null) {
            return standard;
        }
        var limit = text.matches("[0-9]{1,6}") ? Integer.parseInt(text) : 0;
        if (limit < 1 || limit > max) {
            throw new BadRequest("limit: " + Json.quote(text) + " (expected: 1 to " + max + ")");
        }
        return limit;
    }

    /** A cursor, above zero. */
    long cursor(String name, long standard) throws BadRequest {
        var text = values.get(name);
        if (text == null) {
            return standard;
        }
        if (!text.matches("[1-9][0-9]{0,17}")) {
            throw new BadRequest(name + ": " + Json.quote(text) + " (expected: a number that a page gave)");
        }
        return Long.parseLong(text);
    }

    /** A cursor among what is numbered by its time. */
    long numberedCursor(String name) throws BadRequest {
        var text = values.getOrDefault(name, "");
        if (!text.matches("[0-9]{1,18}|[1-8][0-9]{18}")) {
            throw new BadRequest(name + ": " + Json.quote(text) + " (expected: a number that a page gave)");
        }
        return Long.parseLong(text);
    }

    @Nullable
    Instant instant(String name) throws BadRequest {
        var text = values.get(name);
        try {
            return text == null ? null : Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw new BadRequest(
                    name + ": " + Json.quote(text) + " (expected: a time, for example 2026-01-31T12:00:00Z)");
        }
    }
}

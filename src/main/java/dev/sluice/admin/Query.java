package dev.sluice.admin;

import dev.sluice.wire.BadRequest;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.scaladsl.model.IllegalUriException;
import org.apache.pekko.japi.Pair;
import org.jspecify.annotations.Nullable;

/** The query of a request, each parameter known and there once. */
record Query(Map<String, String> values) {

    static Query of(HttpRequest request, Set<String> known) throws BadRequest {
        var values = new HashMap<String, String>();
        for (var parameter : parse(request)) {
            if (!known.contains(parameter.first())) {
                throw new BadRequest("unknown parameter " + Json.quote(parameter.first()) + " (expected: "
                        + String.join(", ", new TreeSet<>(known)) + ")");
            }
            if (values.put(parameter.first(), parameter.second()) != null) {
                throw new BadRequest(parameter.first() + ": given twice");
            }
        }
        return new Query(values);
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

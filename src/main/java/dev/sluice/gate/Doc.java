package dev.sluice.gate;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the table itself does not say of an endpoint: what it is for, what it takes and what it answers.
 *
 * @param request  a record that has the body's fields; null for no body
 * @param status   of an answer that is no refusal
 * @param response a record of which that answer is the JSON; null for none, or for what no record describes
 * @param media    that answer's type; empty for none
 */
public record Doc(
        String summary,
        List<Parameter> query,
        @Nullable Class<?> request,
        int status,
        @Nullable Class<?> response,
        String media) {
    private static final String JSON = "application/json";

    /**
     * One parameter of the query; none is required.
     *
     * @param type {@code String.class} or {@code long.class}
     */
    public record Parameter(String name, Class<?> type, String description) {}

    public Doc {
        query = List.copyOf(query);
    }

    /** An endpoint that takes nothing, and whose answer has no body. */
    public static Doc of(String summary) {
        return new Doc(summary, List.of(), null, 204, null, "");
    }

    public Doc query(String name, Class<?> type, String description) {
        var more = new ArrayList<>(query);
        more.add(new Parameter(name, type, description));
        return new Doc(summary, more, request, status, response, media);
    }

    public Doc takes(Class<?> body) {
        return new Doc(summary, query, body, status, response, media);
    }

    public Doc answers(Class<?> body) {
        return answers(200, body);
    }

    public Doc answers(int otherStatus, Class<?> body) {
        return new Doc(summary, query, request, otherStatus, body, JSON);
    }

    /** With 200 and something that no record describes. */
    public Doc answersWith(String otherMedia) {
        return new Doc(summary, query, request, 200, null, otherMedia);
    }
}

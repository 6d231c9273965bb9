package dev.sluice.gate;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the table itself does not say of an endpoint: what it is for, what it takes and what it answers.
 *
 * @param parameters of the query and among the headers
 * @param request  a record that has the body's fields; null for no body
 * @param status   of an answer that is no refusal
 * @param response a record of which that answer is the JSON; null for none, or for what no record describes
 * @param list     whether the answer is an array of those
 * @param media    that answer's type; empty for none
 */
public record Doc(
        String summary,
        List<Parameter> parameters,
        @Nullable Class<?> request,
        int status,
        @Nullable Class<?> response,
        boolean list,
        String media) {
    private static final String JSON = "application/json";

    /**
     * One parameter; none is required.
     *
     * @param in   {@code query} or {@code header}
     * @param type {@code String.class} or {@code long.class}
     */
    public record Parameter(String name, String in, Class<?> type, String description) {}

    public Doc {
        parameters = List.copyOf(parameters);
    }

    /** An endpoint that takes nothing, and whose answer has no body. */
    public static Doc of(String summary) {
        return new Doc(summary, List.of(), null, 204, null, false, "");
    }

    public Doc query(String name, Class<?> type, String description) {
        return and(new Parameter(name, "query", type, description));
    }

    public Doc header(String name, String description) {
        return and(new Parameter(name, "header", String.class, description));
    }

    private Doc and(Parameter parameter) {
        var more = new ArrayList<>(parameters);
        more.add(parameter);
        return new Doc(summary, more, request, status, response, list, media);
    }

    public Doc takes(Class<?> body) {
        return new Doc(summary, parameters, body, status, response, list, media);
    }

    public Doc answers(Class<?> body) {
        return answers(200, body);
    }

    public Doc answers(int otherStatus, Class<?> body) {
        return new Doc(summary, parameters, request, otherStatus, body, false, JSON);
    }

    /** With 200 and an array. */
    public Doc answersListOf(Class<?> item) {
        return new Doc(summary, parameters, request, 200, item, true, JSON);
    }

    /** With 200 and something that no record describes. */
    public Doc answersWith(String otherMedia) {
        return new Doc(summary, parameters, request, 200, null, false, otherMedia);
    }
}

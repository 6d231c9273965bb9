package dev.sluice.admin;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.key.KeyTerms;
import dev.sluice.key.KeyTerms.Allowance;
import dev.sluice.wire.BadRequest;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads what a key is wanted for: {@code owner}, and whatever else there is. */
final class KeyRequest {
    /** As it is read; everything but the owner may be left out. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Fields(
            String owner,
            @Nullable String name,
            @Nullable List<String> tags,
            @Nullable List<String> models,
            @Nullable Quota quota,
            @Nullable String expires,
            @Nullable Boolean allowAdmin) {
        record Quota(String capacity, String rate) {}
    }

    private static final List<String> FIELDS =
            List.of("owner", "name", "tags", "models", "quota", "expires", "allow_admin");
    private static final List<String> QUOTA = List.of("capacity", "rate");

    private final JsonNode object;

    private KeyRequest(JsonNode object) {
        this.object = object;
    }

    static KeyTerms read(byte[] body) throws BadRequest {
        var request = new KeyRequest(Json.readObject(body, FIELDS));
        return new KeyTerms(
                request.text("owner"),
                request.has("name") ? request.text("name") : "",
                request.texts("tags"),
                request.texts("models"),
                request.quota(),
                request.instant("expires"),
                request.flag("allow_admin"));
    }

    /** A null is nothing said. */
    private boolean has(String field) {
        return !object.path(field).isMissingNode() && !object.path(field).isNull();
    }

    private String text(String field) throws BadRequest {
        if (!object.path(field).isTextual()) {
            throw wrong(field, "a string");
        }
        return object.get(field).textValue();
    }

    /** An empty list could mean nothing, or no restriction; so it means an error. */
    private List<String> texts(String field) throws BadRequest {
        if (!has(field)) {
            return List.of();
        }
        var texts = new ArrayList<String>();
        for (var element : object.get(field)) {
            texts.add(element.isTextual() ? element.textValue() : "");
        }
        if (!object.get(field).isArray() || texts.isEmpty() || texts.contains("")) {
            throw wrong(field, "a list of strings, one or more");
        }
        return texts;
    }

    private @Nullable Allowance quota() throws BadRequest {
        if (!has("quota")) {
            return null;
        }
        var quota = object.get("quota");
        if (!quota.isObject()) {
            throw wrong("quota", "an object of capacity and rate");
        }
        Json.expectFields(quota, QUOTA);
        var fields = new KeyRequest(quota);
        return new Allowance(fields.text("capacity"), fields.text("rate"));
    }

    private @Nullable Instant instant(String field) throws BadRequest {
        try {
            return has(field) ? Instant.parse(text(field)) : null;
        } catch (DateTimeParseException e) {
            throw wrong(field, "a time, for example 2026-01-31T12:00:00Z");
        }
    }

    private boolean flag(String field) throws BadRequest {
        if (has(field) && !object.get(field).isBoolean()) {
            throw wrong(field, "true or false");
        }
        return object.path(field).asBoolean(false);
    }

    private BadRequest wrong(String field, String expected) {
        var came = object.has(field) ? Json.shorten(object.get(field).toString()) : "nothing";
        return new BadRequest(field + ": " + came + " (expected: " + expected + ")");
    }
}

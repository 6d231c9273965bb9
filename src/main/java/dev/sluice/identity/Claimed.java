package dev.sluice.identity;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.config.IdentitySettings.Claims;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads who is meant by the claims of a verified token. Doubt is null: a claim that is read as absent may be one that takes something away. */
final class Claimed {
    private static final double LAST_SECOND = 1e11;

    private Claimed() {}

    static @Nullable Caller caller(JsonNode claims, Claims names) {
        var groups = prefixed("group:", at(claims, names.groups()));
        var tagTexts = prefixed("tag:", at(claims, names.tags()));
        var tags = tagTexts == null ? null : Tags.of(tagTexts).orElse(null);
        var login = login(claims, names.login());
        if (groups == null || tags == null || login == null) {
            return null;
        }
        var name = at(claims, names.name()).asText("");
        var subject = claims.path("sub").asText("");
        return tags.isEmpty()
                ? new Caller(login, name, "", List.of(), groups, false, List.of())
                : new Caller(Tags.login(tags), name, subject, tags, groups, false, List.of());
    }

    /** The first that is there; it is not passed over because nobody may be called so. */
    private static @Nullable String login(JsonNode claims, List<String> names) {
        for (var name : names) {
            var claim = at(claims, name);
            if (claim.isMissingNode()
                    || claim.isNull()
                    || (claim.isTextual() && claim.asText().isBlank())) {
                continue;
            }
            if (name.equals("email") && !isVerified(claims.path("email_verified"))) {
                continue;
            }
            return claim.isTextual() ? Login.ofPerson(claim.asText()).orElse(null) : null;
        }
        return null;
    }

    /** Some issuers say it in words. */
    private static boolean isVerified(JsonNode verified) {
        return verified.isMissingNode()
                || verified.isNull()
                || (verified.isBoolean() && verified.booleanValue())
                || (verified.isTextual() && verified.asText().equals("true"));
    }

    private static JsonNode at(JsonNode claims, String name) {
        return name.startsWith("/") ? claims.at(name) : claims.path(name);
    }

    private static @Nullable List<String> prefixed(String prefix, JsonNode claim) {
        var texts = claim.isMissingNode() || claim.isNull() ? List.<String>of() : texts(claim);
        if (texts == null || !texts.stream().allMatch(Claimed::isName)) {
            return null;
        }
        return texts.stream()
                .map(text -> text.startsWith(prefix) ? text : prefix + text)
                .sorted()
                .distinct()
                .toList();
    }

    private static boolean isName(String text) {
        return !text.isBlank() && text.chars().noneMatch(Character::isISOControl);
    }

    /** One text, or a list of them; null for anything else. */
    static @Nullable List<String> texts(JsonNode claim) {
        if (claim.isTextual()) {
            return List.of(claim.asText());
        }
        if (!claim.isArray()) {
            return null;
        }
        var texts = new ArrayList<String>();
        for (var each : claim) {
            if (!each.isTextual()) {
                return null;
            }
            texts.add(each.asText());
        }
        return texts;
    }

    /** Seconds since 1970, whole or not; null for what is no number. */
    static @Nullable Instant time(JsonNode claim) {
        return claim.isNumber() && Double.isFinite(claim.doubleValue())
                ? Instant.ofEpochMilli((long) (Math.clamp(claim.doubleValue(), 0, LAST_SECOND) * 1000))
                : null;
    }
}

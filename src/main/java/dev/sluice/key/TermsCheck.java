package dev.sluice.key;

import dev.sluice.config.Logins;
import dev.sluice.key.KeyTerms.Allowance;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What keys are made for, and what not. Asked when one is made and not when one is read: a rule that gets stricter must not make journals
 * unreadable.
 */
final class TermsCheck {
    private static final int OWNER_CHARS = 256;
    private static final int NAME_CHARS = 200;
    private static final int TAGS = 32;
    private static final int MODELS = 64;
    private static final int MODEL_CHARS = 256;
    private static final int QUOTED_CHARS = 80;
    private static final Pattern TAG = Pattern.compile("tag:[a-zA-Z][a-zA-Z0-9-]{0,62}");

    private final List<String> findings = new ArrayList<>();

    private TermsCheck() {}

    /** What is wrong; empty when nothing is. */
    static String findings(KeyTerms terms, Instant now) {
        var check = new TermsCheck();
        check.owner(terms.owner());
        check.text("name", terms.name(), NAME_CHARS);
        check.tags(terms.tags());
        check.models(terms.models());
        check.quota(terms.quota());
        check.expires(terms.expires(), now);
        return String.join("; ", check.findings);
    }

    private void owner(String owner) {
        text("owner", owner, OWNER_CHARS);
        if (owner.isBlank() || !owner.equals(owner.strip()) || Logins.isReserved(owner)) {
            find("owner", owner, "a login, for example alice@example.com");
        }
    }

    private void tags(List<String> tags) {
        if (tags.size() > TAGS) {
            find("tags", tags.size() + " of them", "at most " + TAGS);
        }
        tags.stream()
                .filter(tag -> !TAG.matcher(tag).matches())
                .findFirst()
                .ifPresent(tag -> find("tags", tag, "tag:NAME of letters, digits and hyphens, for example tag:ci"));
    }

    private void models(List<String> models) {
        if (models.size() > MODELS) {
            find("models", models.size() + " of them", "at most " + MODELS);
        }
        models.forEach(model -> text("models", model, MODEL_CHARS));
        // A pattern that no name can match would make a key that is good for nothing.
        models.stream()
                .filter(model -> model.isBlank() || (!model.contains("/") && !model.startsWith("*")))
                .findFirst()
                .ifPresent(model -> find("models", model, "a pattern over provider/model, for example anthropic/**"));
    }

    private void quota(@Nullable Allowance quota) {
        if (quota == null) {
            return;
        }
        try {
            quota.rule("key");
        } catch (IllegalArgumentException e) {
            findings.add("quota." + e.getMessage());
        }
    }

    private void expires(@Nullable Instant expires, Instant now) {
        if (expires != null && !expires.isAfter(now)) {
            find("expires", expires.toString(), "a time to come");
        }
    }

    private void text(String field, String text, int most) {
        if (text.length() > most) {
            findings.add(field + ": " + text.length() + " characters (expected: at most " + most + ")");
        } else if (text.chars().anyMatch(Character::isISOControl)) {
            findings.add(field + ": has control characters (expected: none)");
        }
    }

    private void find(String field, String came, String expected) {
        var shown = came.length() <= QUOTED_CHARS ? came : came.substring(0, QUOTED_CHARS) + "...";
        findings.add(field + ": \"" + shown + "\" (expected: " + expected + ")");
    }
}

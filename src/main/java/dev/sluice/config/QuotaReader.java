package dev.sluice.config;

import dev.sluice.config.HuJson.Text;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Reads {@code quotas}. What is wrong in one is an error: a budget must not silently become another. */
final class QuotaReader {
    private QuotaReader() {}

    static Map<String, QuotaRule> read(Section quotas) {
        var rules = new LinkedHashMap<String, QuotaRule>();
        quotas.sections().forEach((name, section) -> {
            checkName(name, section);
            var rule = read(name, section);
            section.reportUnknownKeys();
            if (rule != null) {
                rules.put(name, rule);
            }
        });
        return rules;
    }

    private static void checkName(String name, Section section) {
        if (name.isEmpty()) {
            broken(name, section, "the name is empty");
        }
        var template = new BucketName(name).unsupportedTemplate();
        if (template != null) {
            section.findings()
                    .warn(
                            section.at(),
                            "quota \"" + name + "\": quota name \"" + name + "\" has unsupported template \"" + template
                                    + "\" after colon");
        }
    }

    private static @Nullable QuotaRule read(String name, Section section) {
        var capacity = capacity(name, section);
        var rate = rate(name, section);
        var strict = strict(name, section);
        var onExceed = section.has("on_exceed") ? section.text("on_exceed") : null;
        if (section.has("on_exceed") && (onExceed == null || !onExceed.value().equals("reject"))) {
            var came = onExceed == null ? "no string" : "\"" + onExceed.written() + "\"";
            broken(name, section, "on_exceed " + came + " (expected: \"reject\")");
        }
        var grace = grace(name, section);
        if (capacity == null || rate == null || grace == null) {
            return null;
        }
        if (grace > capacity) {
            broken(name, section, "on_storage_failure is more than the capacity (expected: at most as much)");
            return null;
        }
        return new QuotaRule(name, capacity, rate.nanos(), rate.per(), rate.written(), strict, grace);
    }

    /** {@code on_storage_failure} is an addition of ours. */
    private static @Nullable Long grace(String name, Section section) {
        if (!section.has("on_storage_failure")) {
            return 0L;
        }
        var text = section.text("on_storage_failure");
        if (text != null && text.value().equals("deny")) {
            return 0L;
        }
        var nanos = text == null ? OptionalLong.empty() : Dollars.nanos(text.value());
        if (text == null || nanos.isEmpty()) {
            var came = text == null ? "is no string" : "\"" + text.written() + "\"";
            broken(name, section, "on_storage_failure " + came + " (expected: \"deny\" or " + Dollars.EXPECTED + ")");
            return null;
        }
        return nanos.getAsLong();
    }

    private static @Nullable Long capacity(String name, Section section) {
        var text = text(name, section, "capacity", Dollars.EXPECTED);
        if (text == null) {
            return null;
        }
        var nanos = Dollars.nanos(text.value());
        if (nanos.isEmpty()) {
            broken(name, section, "capacity \"" + text.written() + "\" (expected: " + Dollars.EXPECTED + ")");
            return null;
        }
        return nanos.getAsLong();
    }

    private static @Nullable RefillRate rate(String name, Section section) {
        var text = text(name, section, "rate", RefillRate.EXPECTED);
        if (text == null) {
            return null;
        }
        var rate = RefillRate.of(text.value());
        if (rate.isEmpty()) {
            broken(name, section, "rate \"" + text.written() + "\" (expected: " + RefillRate.EXPECTED + ")");
        }
        return rate.orElse(null);
    }

    /** A field that must be there; reports it when it is not. */
    private static @Nullable Text text(String name, Section section, String key, String expected) {
        var text = section.text(key);
        if (text == null) {
            broken(
                    name,
                    section,
                    key + (section.has(key) ? " is no string" : " is missing") + " (expected: " + expected + ")");
            return null;
        }
        return text;
    }

    /** {@code strict} is an addition of ours: admit only what surely fits. */
    private static boolean strict(String name, Section section) {
        var strict = section.flag("strict");
        if (strict == null && section.has("strict")) {
            broken(name, section, "strict (expected: true or false)");
        }
        return Boolean.TRUE.equals(strict);
    }

    private static void broken(String name, Section section, String details) {
        section.findings().error(section.at(), "quota " + name + ": " + details);
    }
}

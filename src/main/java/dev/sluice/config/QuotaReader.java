package dev.sluice.config;

import dev.sluice.config.HuJson.Text;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads {@code quotas}. What is wrong in one is an error: a budget must not silently become another. */
final class QuotaReader {
    private static final Map<String, Duration> UNITS = Map.of(
            "min", Duration.ofMinutes(1),
            "hour", Duration.ofHours(1),
            "day", Duration.ofDays(1),
            "week", Duration.ofDays(7),
            "month", Duration.ofDays(30));

    private static final Pattern RATE = Pattern.compile("([^/]*)/([a-z]{1,10})");
    private static final String EXPECTED_RATE =
            "\"$<amount>/<unit>\" with a unit of min, hour, day, week, month, and an amount as in " + Dollars.EXPECTED;

    private record Rate(long nanos, Duration per, String written) {}

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
        return capacity == null || rate == null
                ? null
                : new QuotaRule(name, capacity, rate.nanos(), rate.per(), rate.written(), strict);
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

    private static @Nullable Rate rate(String name, Section section) {
        var text = text(name, section, "rate", EXPECTED_RATE);
        if (text == null) {
            return null;
        }
        var parts = RATE.matcher(text.value());
        if (parts.matches()) {
            var nanos = Dollars.nanos(parts.group(1));
            var per = UNITS.get(parts.group(2));
            if (nanos.isPresent() && per != null) {
                return new Rate(nanos.getAsLong(), per, text.value());
            }
        }
        broken(name, section, "rate \"" + text.written() + "\" (expected: " + EXPECTED_RATE + ")");
        return null;
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

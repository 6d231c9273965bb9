package dev.sluice.config;

import dev.sluice.config.HuJson.Arr;
import dev.sluice.config.HuJson.Member;
import dev.sluice.config.HuJson.Num;
import dev.sluice.config.HuJson.Obj;
import dev.sluice.config.HuJson.Value;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code prices}, the operator's own: a model's key in the price table to fields of that table. This key is an addition
 * of ours. A number that cannot be a price is an error, not a warning: whatever stood in for it would charge wrongly.
 */
final class PriceReader {
    // Far beyond any price or token limit; keeps arithmetic on what was written cheap.
    private static final int MOST_DIGITS = 40;

    private PriceReader() {}

    static Map<String, Map<String, Object>> read(Section prices) {
        var rules = new LinkedHashMap<String, Map<String, Object>>();
        prices.sections().forEach((model, section) -> rules.put(model, fields(section)));
        return rules;
    }

    private static Map<String, Object> fields(Section section) {
        var fields = new LinkedHashMap<String, Object>();
        section.members().forEach((key, member) -> {
            check(section.path(key), member.value(), section.findings());
            var plain = HuJson.plain(member.value());
            if (plain != null) {
                fields.put(key, plain);
            }
        });
        return Ordered.copy(fields);
    }

    private static void check(String path, Value value, Findings findings) {
        switch (value) {
            case Num number -> {
                if (!isSane(number.value())) {
                    findings.error(number.at(), path + ": " + abridged(number.value()) + " (expected: >= 0)");
                }
            }
            case Obj object ->
                new TreeMap<String, Member>(object.members())
                        .forEach((key, member) -> check(path + "." + key, member.value(), findings));
            case Arr array -> array.items().forEach(it -> check(path, it, findings));
            default -> {
                // Words and flags of the price table are the price book's to understand.
            }
        }
    }

    /** Whether a number can be a price or a factor of one. */
    static boolean isSane(@Nullable BigDecimal number) {
        return number != null
                && number.signum() >= 0
                && number.precision() <= MOST_DIGITS
                && Math.abs((long) number.scale()) <= MOST_DIGITS;
    }

    private static String abridged(BigDecimal number) {
        var text = number.toString();
        return text.length() <= MOST_DIGITS ? text : text.substring(0, MOST_DIGITS) + "...";
    }
}

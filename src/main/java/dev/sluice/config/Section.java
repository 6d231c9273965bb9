package dev.sluice.config;

import dev.sluice.config.HuJson.Arr;
import dev.sluice.config.HuJson.Bool;
import dev.sluice.config.HuJson.Member;
import dev.sluice.config.HuJson.Null;
import dev.sluice.config.HuJson.Num;
import dev.sluice.config.HuJson.Obj;
import dev.sluice.config.HuJson.Place;
import dev.sluice.config.HuJson.Text;
import dev.sluice.config.HuJson.Value;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One object of the document while it is read. Whatever key is asked for is known; the rest are unknown keys. A value of
 * the wrong type is reported and read as absent; so is, unreported, {@code null}.
 */
final class Section {
    private final Obj object;
    private final String path;
    private final Findings findings;
    private final Set<String> known = new LinkedHashSet<>();

    Section(Obj object, String path, Findings findings) {
        this.object = object;
        this.path = path;
        this.findings = findings;
    }

    Place at() {
        return object.at();
    }

    String path() {
        return path;
    }

    Findings findings() {
        return findings;
    }

    /** Whether a value stands there, of whatever type. */
    boolean has(String key) {
        return value(key) != null;
    }

    /** The place of a key, or of the whole object when the key is absent. */
    Place at(String key) {
        var member = object.members().get(key);
        return member == null ? object.at() : member.at();
    }

    @Nullable
    Value value(String key) {
        known.add(key);
        var member = object.members().get(key);
        return member == null || member.value() instanceof Null ? null : member.value();
    }

    @Nullable
    Text text(String key) {
        return switch (value(key)) {
            case null -> null;
            case Text text -> text;
            case Value other -> {
                mismatch(path(key), other, "string");
                yield null;
            }
        };
    }

    String textOr(String key, String fallback) {
        var text = text(key);
        return text == null ? fallback : text.value();
    }

    @Nullable
    Boolean flag(String key) {
        return switch (value(key)) {
            case null -> null;
            case Bool flag -> flag.value();
            case Value other -> {
                mismatch(path(key), other, "boolean");
                yield null;
            }
        };
    }

    @Nullable
    BigDecimal number(String key) {
        return switch (value(key)) {
            case null -> null;
            case Num number -> number.value();
            case Value other -> {
                mismatch(path(key), other, "number");
                yield null;
            }
        };
    }

    int integerOr(String key, int fallback) {
        var number = number(key);
        if (number == null) {
            return fallback;
        }
        try {
            return number.intValueExact();
        } catch (ArithmeticException _) {
            findings.warn(at(key), path(key) + ": number (expected: integer)");
            return fallback;
        }
    }

    List<Value> items(String key) {
        return switch (value(key)) {
            case null -> List.of();
            case Arr array -> array.items();
            case Value other -> {
                mismatch(path(key), other, "array");
                yield List.of();
            }
        };
    }

    /** An array of strings; items of another type are reported and left out. */
    List<Text> texts(String key) {
        return texts(path(key), items(key));
    }

    List<Text> texts(String where, List<Value> items) {
        var texts = new ArrayList<Text>();
        for (int i = 0; i < items.size(); i++) {
            if (items.get(i) instanceof Text text) {
                texts.add(text);
            } else {
                mismatch(where + "[" + i + "]", items.get(i), "string");
            }
        }
        return texts;
    }

    @Nullable
    Section section(String key) {
        var value = value(key);
        return value == null ? null : section(path(key), value);
    }

    @Nullable
    Section section(String where, Value value) {
        if (value instanceof Obj nested) {
            return new Section(nested, where, findings);
        }
        mismatch(where, value, "object");
        return null;
    }

    /** Members of a map whose keys the operator chooses; those that are no objects are reported and left out. */
    Map<String, Section> sections() {
        var sections = new LinkedHashMap<String, Section>();
        object.members().forEach((key, _) -> {
            var section = section(key);
            if (section != null) {
                sections.put(key, section);
            }
        });
        return sections;
    }

    Map<String, Member> members() {
        return object.members();
    }

    String path(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    /** Reports a value of the wrong type. */
    void mismatch(String where, Value value, String expected) {
        findings.warn(value.at(), where + ": " + HuJson.kind(value) + " (expected: " + expected + ")");
    }

    /** Keys that the document may have and that nobody reads yet. */
    void accept(String... keys) {
        known.addAll(List.of(keys));
    }

    /** Reports every key that was never asked for. */
    void reportUnknownKeys() {
        report("unknown config key ");
    }

    /** As {@link #reportUnknownKeys}, in the words that grants have for it. */
    void reportUnknownFields() {
        report(path + ": unknown field ");
    }

    private void report(String what) {
        object.members().forEach((key, member) -> {
            if (!known.contains(key)) {
                findings.warn(member.at(), what + "\"" + key + "\"" + Spelling.hint(key, known));
            }
        });
    }
}

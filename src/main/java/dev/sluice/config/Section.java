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
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One object of the document while it is read. Its shape says which keys it may have; the rest are unknown. A value of the wrong
 * type is reported and read as absent; so is, unreported, {@code null}.
 */
final class Section {
    private final Obj object;
    private final String path;
    private final Findings findings;
    private final Shape shape;

    Section(Obj object, String path, Findings findings, Shape shape) {
        this.object = object;
        this.path = path;
        this.findings = findings;
        this.shape = shape;
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

    /** The keys that its shape has. */
    Set<String> keys() {
        return shape.keys();
    }

    /** The place of a key, or of the whole object when the key is absent. */
    Place at(String key) {
        var member = object.members().get(key);
        return member == null ? object.at() : member.at();
    }

    @Nullable
    Value value(String key) {
        if (!shape.has(key)) {
            throw new IllegalArgumentException(shape + " has no key " + key);
        }
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

    /** The words that may stand at a key, as a message lists them. */
    String expectedWords(String key) {
        return String.join(
                ", ",
                shape.words(key).stream().filter(it -> !it.isEmpty()).sorted().toList());
    }

    boolean isWord(String key, Text text) {
        return shape.words(key).contains(text.value());
    }

    /** The one of several words that stands at a key; null when there is none, or one that may not, which is reported. */
    <E extends Enum<E>> @Nullable E word(String key, Class<E> type) {
        var text = text(key);
        return text == null || (text.value().isEmpty() && isWord(key, text)) ? null : word(key, text, type);
    }

    /** As {@link #word}, for an array of them. */
    <E extends Enum<E>> Set<E> words(String key, Class<E> type) {
        var words = EnumSet.noneOf(type);
        for (var text : texts(key)) {
            var word = word(key, text, type);
            if (word != null) {
                words.add(word);
            }
        }
        return words;
    }

    private <E extends Enum<E>> @Nullable E word(String key, Text text, Class<E> type) {
        if (isWord(key, text)) {
            return Enum.valueOf(type, text.value().toUpperCase(Locale.ROOT));
        }
        findings.warn(
                text.at(), path(key) + ": \"" + text.written() + "\" (expected: one of " + expectedWords(key) + ")");
        return null;
    }

    boolean flagOr(String key, boolean fallback) {
        var flag = flag(key);
        return flag == null ? fallback : flag;
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
        return value == null ? null : section(path(key), value, shape.member(key));
    }

    /** One item of the array at a key. */
    @Nullable
    Section section(String key, int index, Value item) {
        return section(path(key) + "[" + index + "]", item, shape.member(key).item());
    }

    private @Nullable Section section(String where, Value value, Shape inside) {
        if (value instanceof Obj nested) {
            return new Section(nested, where, findings, inside);
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

    /** The objects in the array at a key; items of another type are reported and left out. */
    List<Section> sections(String key) {
        var sections = new ArrayList<Section>();
        var items = items(key);
        for (int i = 0; i < items.size(); i++) {
            var section = section(key, i, items.get(i));
            if (section != null) {
                sections.add(section);
            }
        }
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

    /** Reports every key that its shape does not have. */
    void reportUnknownKeys() {
        report("unknown config key ");
    }

    /** As {@link #reportUnknownKeys}, in the words that grants have for it. */
    void reportUnknownFields() {
        report(path + ": unknown field ");
    }

    private void report(String what) {
        object.members().forEach((key, member) -> {
            if (!shape.has(key)) {
                findings.warn(member.at(), what + "\"" + key + "\"" + Spelling.hint(key, keys()));
            }
        });
    }
}

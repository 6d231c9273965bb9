package dev.sluice.config;

import dev.sluice.config.HuJson.Arr;
import dev.sluice.config.HuJson.Text;
import dev.sluice.config.HuJson.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/** Reads patterns: a string, which separates several by spaces, or an array of such strings. */
final class PatternReader {
    private PatternReader() {}

    /**
     * Null when absent or unreadable.
     *
     * @param keep told where a pattern stands and which it is; says whether it counts
     */
    static @Nullable List<String> read(Section section, String key, BiPredicate<Text, String> keep) {
        return switch (section.value(key)) {
            case null -> null;
            case Text text -> patterns(List.of(text), keep);
            case Arr array -> {
                var texts = section.texts(key);
                yield texts.size() == array.items().size() ? patterns(texts, keep) : null;
            }
            case Value other -> {
                section.mismatch(section.path(key), other, "string or array");
                yield null;
            }
        };
    }

    private static List<String> patterns(List<Text> texts, BiPredicate<Text, String> keep) {
        var patterns = new ArrayList<String>();
        for (var text : texts) {
            for (var pattern : text.value().split("\\s+", -1)) {
                if (!pattern.isEmpty() && keep.test(text, pattern)) {
                    patterns.add(pattern);
                }
            }
        }
        return patterns;
    }

    /** What stands before the first slash: a provider or a server, or a pattern over such. */
    static String first(String pattern) {
        var slash = pattern.indexOf('/');
        return slash < 0 ? pattern : pattern.substring(0, slash);
    }
}

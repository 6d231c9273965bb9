package dev.sluice.config;

import dev.sluice.config.HuJson.Place;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Environment macros in string values: {@code ${NAME}}, and {@code ${NAME:-default}} for a name that is unset or empty.
 * What only resembles one ({@code $NAME}, {@code ${a b}}) stays as it is, and what a macro yields is not read again.
 */
final class Macros implements HuJson.Substitution {
    private static final Pattern MACRO = Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*+))?}");

    private final Function<String, @Nullable String> environment;
    private final Set<String> unresolved = new LinkedHashSet<>();
    private Place first = Place.NOWHERE;

    Macros(Function<String, @Nullable String> environment) {
        this.environment = environment;
    }

    @Override
    public String substitute(String text, Place at) {
        return text.contains("${")
                ? MACRO.matcher(text).replaceAll(it -> Matcher.quoteReplacement(resolve(it, at)))
                : text;
    }

    private String resolve(MatchResult macro, Place at) {
        var value = environment.apply(macro.group(1));
        // The JDK's group() is null for a group that took no part.
        @Nullable String fallback = macro.group(2);
        if (fallback != null) {
            return value == null || value.isEmpty() ? fallback : value;
        }
        if (value == null) {
            first = unresolved.isEmpty() ? at : first;
            unresolved.add(macro.group(1));
            return macro.group();
        }
        return value;
    }

    /** Reports names that nobody knew, all at once, where the first of them stands. */
    void report(Findings findings) {
        if (!unresolved.isEmpty()) {
            findings.error(first, "unsubstituted macros: [" + String.join(", ", unresolved) + "]");
        }
    }
}

package dev.sluice.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/** Guesses which known word was meant. */
final class Spelling {
    // Longer words are no slips of the finger, and the comparison is quadratic.
    private static final int LONGEST = 64;

    private Spelling() {}

    /** The closest known word, when it is close: one slip in a short word, two in a longer one. */
    static Optional<String> closest(String word, Collection<String> known) {
        if (word.length() > LONGEST) {
            return Optional.empty();
        }
        var slips = word.length() <= 4 ? 1 : 2;
        return known.stream()
                .filter(it -> slips(word, it) <= slips)
                .min(Comparator.comparingInt(it -> slips(word, it)));
    }

    /** {@code (did you mean "x"?)} with a leading space, or nothing. */
    static String hint(String word, Collection<String> known) {
        return closest(word, known).map(it -> " (did you mean \"" + it + "\"?)").orElse("");
    }

    /** Levenshtein's distance, letter case aside. */
    private static int slips(String left, String right) {
        var a = left.toLowerCase(Locale.ROOT);
        var b = right.toLowerCase(Locale.ROOT);
        var above = IntStream.rangeClosed(0, b.length()).toArray();
        for (int i = 1; i <= a.length(); i++) {
            var row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                var change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                row[j] = Math.min(above[j - 1] + change, 1 + Math.min(above[j], row[j - 1]));
            }
            above = row;
        }
        return above[b.length()];
    }
}

package dev.sluice.usage;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What a client calls itself, without its version and its machine: {@code claude-cli} for {@code claude-cli/1.2.3 (external, cli)}. So
 * releases of one program are one agent, and there are not many.
 */
final class Agent {
    /** For clients that say nothing. */
    static final String UNKNOWN = "(none)";

    /** All of them, because each pretends to be every other. */
    static final String BROWSER = "browser";

    private static final int LONGEST = 48;

    /** {@code OpenAI/Python 1.2.3}, {@code AsyncAnthropic/JS 0.3}: a library that tells its language where others tell their version. */
    private static final Pattern LIBRARY =
            Pattern.compile("(?:Async)?([A-Za-z]+)/(Python|JS|Go|Java|Ruby|Kotlin)\\b.*");

    private static final Pattern VERSION = Pattern.compile("[-_.]?v?\\d+(?:\\.\\d+)+.*");

    private Agent() {}

    static String of(String userAgent) {
        // Longer than any name is cheap to look at, and nobody can make us look at more.
        var text = userAgent
                .substring(0, Math.min(userAgent.length(), 4 * LONGEST))
                .strip();
        if (text.isEmpty()) {
            return UNKNOWN;
        }
        if (text.startsWith("Mozilla/")) {
            return BROWSER;
        }
        var library = LIBRARY.matcher(text);
        var name = library.matches()
                ? library.group(1) + "-" + library.group(2)
                : VERSION.matcher(product(text)).replaceFirst("");
        var plain = plain(name);
        return plain.isEmpty() ? UNKNOWN : plain;
    }

    /** Up to what follows the first product's name. */
    private static String product(String text) {
        var end = 0;
        while (end < text.length() && "/ (;,".indexOf(text.charAt(end)) < 0) {
            end++;
        }
        return text.substring(0, end);
    }

    private static String plain(String name) {
        var plain = new StringBuilder();
        name.toLowerCase(Locale.ROOT)
                .chars()
                .filter(c -> (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || "-_.@".indexOf(c) >= 0)
                .limit(LONGEST)
                .forEach(c -> plain.append((char) c));
        return plain.toString();
    }
}

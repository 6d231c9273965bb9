package dev.sluice.audit;

import java.nio.charset.StandardCharsets;

/** Text from outside, as it may lie in the journal. */
final class Text {
    private Text() {}

    /** Cut, and without halves of characters, which JSON cannot hold. */
    static String bounded(String text, int max) {
        var cut = text.length() <= max ? text : text.substring(0, max);
        return cut.chars().anyMatch(c -> Character.isSurrogate((char) c))
                ? new String(cut.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8)
                : cut;
    }
}

package dev.sluice.config;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A policy document that may be shown: marks such as {@code keyid:p:anthropic:sk-ant-a} stand where its secrets did, and everything else,
 * comments among it, is as it was. Whoever sends a mark back means the secret it stands for.
 *
 * @param secrets what each mark stands for, as the text had it
 */
public record Redaction(String text, Map<String, String> secrets) {
    static final String MARK = "keyid:";

    /** So much of a key tells people which one it is, and nobody what it is; of a short one, less. */
    private static final int SHOWN = 8;

    /** More than any document has; in characters. */
    private static final long MOST_RESTORED = 4 << 20;

    private static final int SHARE_SHOWN = 4;

    /** Half of a character that takes two would be lost on its way to a client and back. */
    private static final Pattern PLAIN = Pattern.compile("[ -~]*");

    public Redaction {
        secrets = Map.copyOf(secrets);
    }

    public static Redaction of(String text) {
        return of(text, Map.of());
    }

    /**
     * A document to be compared with another one: where both have one secret, they show one mark, and where they do not, they show two.
     *
     * @param known the other one's secrets
     */
    public static Redaction of(String text, Map<String, String> known) {
        var secrets = new LinkedHashMap<>(known);
        var redacted = splice(text, SecretPlaces.in(text), (place, written) -> {
            var mark = mark(place, written, secrets);
            secrets.put(mark, written);
            return quoted(mark);
        });
        return new Redaction(redacted, secrets);
    }

    /** A document with this one's secrets where its marks stand. Unknown marks stay: no document with one of them is read. */
    public String restore(String other) {
        var places = SecretPlaces.in(other);
        var grown = (long) other.length()
                + places.stream()
                        .mapToLong(it -> secrets.getOrDefault(it.value(), "").length())
                        .sum();
        if (grown > MOST_RESTORED) {
            // Small marks of large secrets, over and over: it is no document, and reading it says so.
            return other;
        }
        return splice(
                other,
                places,
                (place, written) -> place.lost() ? written : secrets.getOrDefault(place.value(), written));
    }

    /** Marks in a document that stand for nothing. */
    static List<SecretPlaces.Place> unknown(String text) {
        return SecretPlaces.in(text).stream()
                .filter(it -> it.value().startsWith(MARK))
                .toList();
    }

    private static String mark(SecretPlaces.Place place, String written, Map<String, String> taken) {
        var shown = place.value().substring(0, Math.min(SHOWN, place.value().length() / SHARE_SHOWN));
        var mark = MARK + place.owner() + ":" + (PLAIN.matcher(shown).matches() ? shown : "");
        var unique = mark;
        for (var i = 2; !taken.getOrDefault(unique, written).equals(written); i++) {
            unique = mark + "#" + i;
        }
        return unique;
    }

    private static String quoted(String text) {
        return new String(JsonStringEncoder.getInstance().quoteAsString(text));
    }

    private interface Edit {
        String instead(SecretPlaces.Place place, String written);
    }

    private static String splice(String text, List<SecretPlaces.Place> places, Edit edit) {
        var spliced = new StringBuilder(text.length());
        var from = 0;
        for (var place : places) {
            spliced.append(text, from, place.start())
                    .append(edit.instead(place, text.substring(place.start(), place.end())));
            from = place.end();
        }
        return spliced.append(text, from, text.length()).toString();
    }
}

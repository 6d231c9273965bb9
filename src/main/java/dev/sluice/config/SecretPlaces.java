package dev.sluice.config;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where the secrets of a document stand. What only names variables of the environment is none.
 *
 * <p>It walks over tokens and not over the tree, which has forgotten all but the last of duplicate keys; and it takes every string under
 * an unknown key for a secret, because a key with a typing error is one.
 */
final class SecretPlaces {
    /**
     * One secret.
     *
     * @param owner   whose it is: {@code p:anthropic} for a provider's, {@code h:} for a hook's, and so on
     * @param value   the secret itself
     * @param start   of what stands for it in the text, with its escapes
     * @param end     after it
     * @param lost    a mark of a whole line, of which nobody knows any more where its value began: it cannot be restored
     */
    record Place(String owner, String value, int start, int end, boolean lost, HuJson.Place at) {}

    /** A line's value is a credential when its header's name says so. */
    private static final Pattern CREDENTIAL =
            Pattern.compile("auth|key|token|secret|cookie|credential|password|signature");

    private static final Pattern MACRO = Pattern.compile("\\$\\{[A-Za-z_][A-Za-z0-9_]*}");

    private final JsonParser parser;
    private final String text;
    private final int offset;
    private final List<Place> places = new ArrayList<>();

    private SecretPlaces(JsonParser parser, String text, int offset) {
        this.parser = parser;
        this.text = text;
        this.offset = offset;
    }

    /** In the order of the text; of one that is not HuJSON, those before the place where it ceases to be. */
    static List<Place> in(String text) {
        var offset = text.length() - HuJson.withoutByteOrderMark(text).length();
        try (var parser = HuJson.tokens(text)) {
            var places = new SecretPlaces(parser, text, offset);
            try {
                places.value(parser.nextToken(), DocumentShape.ROOT, Secrecy.NONE, List.of());
            } catch (IOException _) {
                // The document's reader says what is wrong with it.
            }
            return List.copyOf(places.places);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void value(@Nullable JsonToken token, Shape shape, Secrecy secrecy, List<String> path) throws IOException {
        switch (token) {
            case START_OBJECT -> object(shape, secrecy, path);
            case START_ARRAY -> {
                var item = shape.item();
                var index = 0;
                for (var next = parser.nextToken();
                        next != JsonToken.END_ARRAY && next != null;
                        next = parser.nextToken()) {
                    value(next, item, secrecy, with(path, Integer.toString(index++)));
                }
            }
            case VALUE_STRING -> string(secrecy, path);
            case null, default -> {
                // Nothing else holds a secret.
            }
        }
    }

    private void object(Shape shape, Secrecy around, List<String> path) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            var key = parser.currentName();
            var token = parser.nextToken();
            if (shape.keys().contains(key)) {
                var secrecy = shape.key(key).secrecy();
                value(token, shape.member(key), secrecy == Secrecy.NONE ? around : secrecy, with(path, key));
            } else if (shape.isOpen()) {
                value(token, shape.member(key), around, with(path, key));
            } else {
                value(token, new Shape(Object.class), Secrecy.WHOLE, with(path, key));
            }
        }
    }

    private void string(Secrecy secrecy, List<String> path) throws IOException {
        if (secrecy == Secrecy.NONE) {
            return;
        }
        var start = offset + Math.toIntExact(parser.currentTokenLocation().getCharOffset()) + 1;
        var at = parser.currentTokenLocation();
        var value = parser.getText();
        var end = offset + Math.toIntExact(parser.currentLocation().getCharOffset()) - 1;
        var lost = secrecy == Secrecy.HEADER && value.startsWith(Redaction.MARK);
        if (secrecy == Secrecy.HEADER && !lost) {
            var colon = value.indexOf(':');
            if (colon < 0
                    || !CREDENTIAL
                            .matcher(value.substring(0, colon).toLowerCase(Locale.ROOT))
                            .find()) {
                return;
            }
            // A colon that is written as an escape is not found; then the whole line is taken.
            var written = text.indexOf(':', start);
            if (written >= 0 && written < end) {
                value = value.substring(colon + 1).strip();
                start = written + 1;
                while (start < end && text.charAt(start) == ' ') {
                    start++;
                }
            }
        }
        if (!isPlain(value)) {
            places.add(new Place(
                    owner(path), value, start, end, lost, new HuJson.Place(at.getLineNr(), at.getColumnNr())));
        }
    }

    private static boolean isPlain(String value) {
        var rest = MACRO.matcher(value).replaceAll("").strip();
        return rest.isEmpty() || rest.equals(KeyFile.PREFIX);
    }

    private static String owner(List<String> path) {
        return switch (path.getFirst()) {
            case "providers" -> "p:" + name(path, 1);
            case "hooks" -> "h:" + name(path, 1);
            case "connectors" -> "c:" + name(path, 2);
            case "exporters" -> "e:" + name(path, 1);
            default -> "d:" + path.getFirst();
        };
    }

    private static String name(List<String> path, int depth) {
        return path.size() > depth ? path.get(depth) : "";
    }

    private static List<String> with(List<String> path, String key) {
        // No owner has a longer name.
        if (path.size() >= 3) {
            return path;
        }
        var longer = new ArrayList<>(path);
        longer.add(key);
        return List.copyOf(longer);
    }
}

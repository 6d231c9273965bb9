package dev.sluice.identity;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Header values as RFC 2047 lets them carry more than ASCII: a value is plain printable ASCII, or it consists of encoded
 * words ({@code =?utf-8?q?j=C3=B6rg?=}), spaces between which do not count.
 *
 * <p>Stricter than the RFC on purpose, for an identity depends on it: UTF-8 only, no mixture of plain and encoded, no control
 * characters, and whatever is malformed is no value at all.
 */
final class EncodedWords {
    private static final Pattern WORD = Pattern.compile("=\\?([^?\\s]+)\\?([QqBb])\\?([!->@-~]*)\\?=");
    private static final Pattern BETWEEN = Pattern.compile("[ \\t]+");

    private EncodedWords() {}

    /** The text meant; empty when the value is malformed. */
    static Optional<String> decode(String value) {
        var text = value.startsWith("=?") ? words(value) : Optional.of(value).filter(EncodedWords::isPlain);
        return text.filter(it -> it.chars().noneMatch(Character::isISOControl));
    }

    private static boolean isPlain(String value) {
        return value.chars().allMatch(c -> (c >= ' ' && c <= '~') || c == '\t');
    }

    private static Optional<String> words(String value) {
        var text = new StringBuilder();
        for (var word : BETWEEN.split(value.strip(), -1)) {
            var decoded = word(word);
            if (decoded.isEmpty()) {
                return Optional.empty();
            }
            text.append(decoded.get());
        }
        return Optional.of(text.toString());
    }

    private static Optional<String> word(String word) {
        var parts = WORD.matcher(word);
        if (!parts.matches() || !parts.group(1).equalsIgnoreCase("utf-8")) {
            return Optional.empty();
        }
        var bytes = parts.group(2).equalsIgnoreCase("q") ? quoted(parts.group(3)) : base64(parts.group(3));
        return bytes.flatMap(EncodedWords::utf8);
    }

    private static Optional<byte[]> quoted(String text) {
        var bytes = new ByteArrayOutputStream(text.length());
        for (int i = 0; i < text.length(); i++) {
            var c = text.charAt(i);
            if (c != '=') {
                bytes.write(c == '_' ? ' ' : c);
                continue;
            }
            var high = i + 2 < text.length() ? Character.digit(text.charAt(i + 1), 16) : -1;
            var low = i + 2 < text.length() ? Character.digit(text.charAt(i + 2), 16) : -1;
            if (high < 0 || low < 0) {
                return Optional.empty();
            }
            bytes.write((high << 4) | low);
            i += 2;
        }
        return Optional.of(bytes.toByteArray());
    }

    private static Optional<byte[]> base64(String text) {
        try {
            return Optional.of(Base64.getDecoder().decode(text));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private static Optional<String> utf8(byte[] bytes) {
        try {
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (CharacterCodingException _) {
            return Optional.empty();
        }
    }
}

package dev.sluice.identity;

import dev.sluice.key.GatewayKeys;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** {@code key} in a query: some clients put their credential there. Read as a provider would read it, {@code %6bey} included. */
public final class KeyParameter {
    private static final String NAME = "key";

    static final Set<String> NAMES = Set.of(NAME);

    private KeyParameter() {}

    /** A query without its keys, and without whatever holds a key of this gateway; the rest stays as it is. */
    public static String without(String rawQuery) {
        if (rawQuery.isEmpty()) {
            return rawQuery;
        }
        return Arrays.stream(rawQuery.split("&", -1))
                .filter(pair -> !isKey(pair) && !GatewayKeys.isIn(decode(pair)))
                .collect(Collectors.joining("&"));
    }

    static List<String> values(String rawQuery) {
        if (rawQuery.isEmpty()) {
            return List.of();
        }
        var values = new ArrayList<String>(1);
        for (var pair : rawQuery.split("&", -1)) {
            if (isKey(pair)) {
                values.add(decode(pair.substring(pair.indexOf('=') + 1)).strip());
            }
        }
        return values;
    }

    private static boolean isKey(String pair) {
        var equals = pair.indexOf('=');
        return equals >= 0 && decode(pair.substring(0, equals)).equals(NAME);
    }

    /** What is no encoding stands for itself. */
    private static String decode(String text) {
        if (text.indexOf('%') < 0) {
            return text;
        }
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        var length = 0;
        for (var i = 0; i < bytes.length; i++) {
            var high = bytes[i] == '%' && i + 2 < bytes.length ? Character.digit(bytes[i + 1], 16) : -1;
            var low = high < 0 ? -1 : Character.digit(bytes[i + 2], 16);
            if (low < 0) {
                bytes[length++] = bytes[i];
            } else {
                bytes[length++] = (byte) (16 * high + low);
                i += 2;
            }
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }
}

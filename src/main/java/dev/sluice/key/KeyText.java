package dev.sluice.key;

import dev.sluice.config.Secret;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.zip.CRC32;

/**
 * The text of a key: {@code sk-sluice-}, 16 characters of id, a hyphen, 40 characters of secret (200 bits) and 7 of a CRC-32 of all before
 * them, in lower-case base 32. With the whole CRC-32 there is no single typo and no two neighbours in the wrong order that it does not notice.
 */
record KeyText(String id, Secret whole) {
    static final String PREFIX = "sk-sluice-";

    private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
    private static final int BITS = 5;
    private static final int ID_BYTES = 10;
    private static final int SECRET_BYTES = 25;
    private static final int CHECK_CHARS = 7;
    private static final int ID_END = PREFIX.length() + ID_BYTES * 8 / BITS;
    private static final int CHECKED_END = ID_END + 1 + SECRET_BYTES * 8 / BITS;
    private static final int LENGTH = CHECKED_END + CHECK_CHARS;

    static KeyText make(RandomGenerator random) {
        var text = new StringBuilder(LENGTH).append(PREFIX);
        encode(bytes(random, ID_BYTES), text);
        text.append('-');
        encode(bytes(random, SECRET_BYTES), text);
        text.append(check(text.toString()));
        return new KeyText(text.substring(PREFIX.length(), ID_END), Secret.of(text.toString()));
    }

    /** Empty when it cannot be one that a gateway made. */
    static Optional<KeyText> read(String text) {
        if (text.length() != LENGTH
                || !text.startsWith(PREFIX)
                || text.charAt(ID_END) != '-'
                || !isEncoded(text, PREFIX.length(), ID_END)
                || !isEncoded(text, ID_END + 1, LENGTH)
                || !text.endsWith(check(text.substring(0, CHECKED_END)))) {
            return Optional.empty();
        }
        return Optional.of(new KeyText(text.substring(PREFIX.length(), ID_END), Secret.of(text)));
    }

    private static byte[] bytes(RandomGenerator random, int count) {
        var bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Of whole groups of five bytes. */
    private static void encode(byte[] bytes, StringBuilder text) {
        var bits = 0;
        var held = 0;
        for (var each : bytes) {
            bits = bits << 8 | (each & 0xff);
            held += 8;
            while (held >= BITS) {
                held -= BITS;
                text.append(ALPHABET.charAt(bits >> held & 31));
            }
        }
    }

    private static String check(String text) {
        var crc = new CRC32();
        crc.update(text.getBytes(StandardCharsets.US_ASCII));
        var rest = crc.getValue();
        var check = new char[CHECK_CHARS];
        for (var i = CHECK_CHARS - 1; i >= 0; i--) {
            check[i] = ALPHABET.charAt((int) (rest & 31));
            rest >>>= BITS;
        }
        return new String(check);
    }

    private static boolean isEncoded(String text, int from, int to) {
        for (var i = from; i < to; i++) {
            var c = text.charAt(i);
            if ((c < 'a' || c > 'z') && (c < '2' || c > '7')) {
                return false;
            }
        }
        return true;
    }
}

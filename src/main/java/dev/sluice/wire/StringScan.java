package dev.sluice.wire;

import java.nio.charset.StandardCharsets;

/**
 * Measures a JSON string where it lies in the body, so that a picture of 40 MB is never decoded only to be weighed.
 *
 * <p>Weight is counted in quarters of a token, by the length of a character in UTF-8: one byte (English, code) is a
 * quarter, two (Greek, Cyrillic, accents) a half, three (Chinese, Japanese, Korean) one token, four (emoji) two.
 * Tokenizers differ by more than this rule is wrong. An escape weighs what its character weighs.
 */
final class StringScan {
    /** Below this a run of letters may well be a long word, a path or a hash; above it nobody wrote it by hand. */
    static final int MIN_OPAQUE_BYTES = 1_024;

    private static final int DATA_URL_HEAD = 128;
    private static final byte[] DATA = "data:".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] BASE64_MARK = ";base64,".getBytes(StandardCharsets.US_ASCII);
    private static final boolean[] BASE64 = new boolean[128];

    static {
        for (char c : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_".toCharArray()) {
            BASE64[c] = true;
        }
    }

    private int start;
    private int end;
    private long quarters;
    private boolean opaque;

    /** Offset of the opening quote. */
    int start() {
        return start;
    }

    /** Offset behind the closing quote; the end of the body when there is none. */
    int end() {
        return end;
    }

    /** Bytes between the quotes. */
    int length() {
        return Math.max(0, end - start - 2);
    }

    long quarters() {
        return quarters;
    }

    /** Whether it is no text but a picture or a file: a base64 data URL, or long and nothing but base64 letters. */
    boolean opaque() {
        return opaque;
    }

    /** Scans the string whose opening quote is at {@code quote}; a broken one is for the parser to refuse. */
    void scan(byte[] body, int quote) {
        var sum = 0L;
        var base64 = true;
        var at = quote + 1;
        while (at < body.length && body[at] != '"') {
            int b = body[at];
            if (b == '\\') {
                sum += escapeQuarters(body, at);
                base64 &= isBase64Escape(body, at);
                at += isUnicodeEscape(body, at) ? 6 : 2;
            } else {
                sum += quarters(b);
                base64 &= b >= 0 && BASE64[b];
                at++;
            }
        }
        start = quote;
        end = Math.min(at + 1, body.length);
        quarters = sum;
        opaque = (base64 && length() >= MIN_OPAQUE_BYTES) || isDataUrl(body);
    }

    private static int quarters(int b) {
        if (b >= 0) {
            return 1;
        }
        if ((b & 0xC0) == 0x80) {
            return 0; // a later byte of a character whose first byte told its weight
        }
        if ((b & 0xE0) == 0xC0) {
            return 2;
        }
        return (b & 0xF0) == 0xE0 ? 4 : 8;
    }

    private static boolean isUnicodeEscape(byte[] body, int backslash) {
        return backslash + 5 < body.length && body[backslash + 1] == 'u';
    }

    /** Two escaped surrogates weigh four each: together what their character weighs unescaped. */
    private static int escapeQuarters(byte[] body, int backslash) {
        if (!isUnicodeEscape(body, backslash)) {
            return 1;
        }
        var code = 0;
        for (var i = backslash + 2; i < backslash + 6; i++) {
            code = code << 4 | Math.max(0, Character.digit(body[i], 16));
        }
        if (code < 0x80) {
            return 1;
        }
        return code < 0x800 ? 2 : 4;
    }

    /** Line breaks inside base64, and the slash as some encoders escape it. */
    private static boolean isBase64Escape(byte[] body, int backslash) {
        var escaped = backslash + 1 < body.length ? body[backslash + 1] : 0;
        return escaped == '/' || escaped == 'n' || escaped == 'r';
    }

    private boolean isDataUrl(byte[] body) {
        if (!startsWith(body, start + 1, DATA)) {
            return false;
        }
        var last = Math.min(end, start + DATA_URL_HEAD);
        for (var at = start; at < last && body[at] != ' '; at++) {
            if (startsWith(body, at, BASE64_MARK)) {
                return true;
            }
        }
        return false;
    }

    /** Whether the scanned string begins with these bytes. */
    boolean startsWith(byte[] body, byte[] prefix) {
        return startsWith(body, start + 1, prefix);
    }

    private boolean startsWith(byte[] body, int at, byte[] prefix) {
        if (at + prefix.length > end) {
            return false;
        }
        for (var i = 0; i < prefix.length; i++) {
            if (body[at + i] != prefix[i]) {
                return false;
            }
        }
        return true;
    }
}

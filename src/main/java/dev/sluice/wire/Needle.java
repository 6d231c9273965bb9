package dev.sluice.wire;

/** Finds bytes among bytes, in time that grows with the bytes alone (Knuth, Morris and Pratt): both may be an attacker's choice. */
final class Needle {
    private final byte[] pattern;
    private final int[] border;

    Needle(byte[] pattern) {
        this.pattern = pattern;
        this.border = new int[pattern.length];
        for (int i = 1, matched = 0; i < pattern.length; i++) {
            while (matched > 0 && pattern[i] != pattern[matched]) {
                matched = border[matched - 1];
            }
            if (pattern[i] == pattern[matched]) {
                matched++;
            }
            border[i] = matched;
        }
    }

    int length() {
        return pattern.length;
    }

    /** Where the first one begins, from an offset on; -1 when there is none. */
    int find(byte[] bytes, int from) {
        var matched = 0;
        for (var i = from; i < bytes.length; i++) {
            while (matched > 0 && bytes[i] != pattern[matched]) {
                matched = border[matched - 1];
            }
            if (bytes[i] == pattern[matched]) {
                matched++;
            }
            if (matched == pattern.length) {
                return i + 1 - matched;
            }
        }
        return -1;
    }
}

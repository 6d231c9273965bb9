package dev.sluice.config;

import java.util.Arrays;

/**
 * A pattern over slash-separated names: {@code *} stands for anything within one segment, {@code **} as a whole segment for
 * zero or more segments, every other character for itself.
 *
 * <p>Matching steps back to the last wildcard only, first over segments, then over the characters of one: that is enough for
 * wildcards that match everything, and its time is bounded by the product of the two lengths. A regular expression would
 * leave that to whoever writes the pattern.
 */
public final class Glob {
    private static final String ANY_SEGMENTS = "**";

    private final String pattern;
    private final String[] segments;
    private final boolean literal;

    private Glob(String pattern) {
        this.pattern = pattern;
        this.segments = pattern.split("/", -1);
        this.literal = pattern.indexOf('*') < 0;
    }

    public static Glob of(String pattern) {
        return new Glob(pattern);
    }

    /** Whether the pattern matches nothing but itself. */
    public boolean isLiteral() {
        return literal;
    }

    public boolean matches(String name) {
        if (literal) {
            return pattern.equals(name);
        }
        return pattern.equals(ANY_SEGMENTS) || matches(name.split("/", -1));
    }

    private boolean matches(String[] names) {
        int at = 0;
        int name = 0;
        int wildcard = -1;
        int taken = 0;
        while (name < names.length) {
            if (at < segments.length && segments[at].equals(ANY_SEGMENTS)) {
                wildcard = at++;
                taken = name;
            } else if (at < segments.length && segment(segments[at], names[name])) {
                at++;
                name++;
            } else if (wildcard >= 0) {
                at = wildcard + 1;
                name = ++taken;
            } else {
                return false;
            }
        }
        return Arrays.stream(segments, at, segments.length).allMatch(ANY_SEGMENTS::equals);
    }

    private static boolean segment(String pattern, String name) {
        int at = 0;
        int character = 0;
        int wildcard = -1;
        int taken = 0;
        while (character < name.length()) {
            if (at < pattern.length() && pattern.charAt(at) == '*') {
                wildcard = at++;
                taken = character;
            } else if (at < pattern.length() && pattern.charAt(at) == name.charAt(character)) {
                at++;
                character++;
            } else if (wildcard >= 0) {
                at = wildcard + 1;
                character = ++taken;
            } else {
                return false;
            }
        }
        while (at < pattern.length() && pattern.charAt(at) == '*') {
            at++;
        }
        return at == pattern.length();
    }

    @Override
    public String toString() {
        return pattern;
    }
}

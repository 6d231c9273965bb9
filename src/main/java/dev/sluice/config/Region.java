package dev.sluice.config;

import java.util.regex.Pattern;

/** What may stand as a cloud's region: it becomes part of host names and paths. */
final class Region {
    private static final Pattern ID = Pattern.compile("[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?");

    private Region() {}

    static boolean isValid(String text) {
        return ID.matcher(text).matches();
    }
}

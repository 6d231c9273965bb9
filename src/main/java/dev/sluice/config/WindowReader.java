package dev.sluice.config;

import java.time.Instant;
import java.time.format.DateTimeParseException;

/**
 * Reads {@code starts} and {@code expires} of a grant, which are ours. A time that cannot be read is an error: no other one could
 * stand in for it, and read as absent the grant would never end.
 */
final class WindowReader {
    private static final String EXPECTED = " (expected: a time, for example \"2026-12-24T18:00:00Z\")";

    private WindowReader() {}

    static Window read(Section grant) {
        var starts = time(grant, "starts", Window.ALWAYS.starts());
        var expires = time(grant, "expires", Window.ALWAYS.expires());
        if (starts.isBefore(expires)) {
            return new Window(starts, expires);
        }
        grant.findings().error(grant.at("expires"), grant.path("expires") + " is not after starts");
        return Window.ALWAYS;
    }

    private static Instant time(Section grant, String key, Instant absent) {
        var text = grant.text(key);
        if (text == null) {
            if (grant.has(key)) {
                grant.findings().error(grant.at(key), grant.path(key) + EXPECTED);
            }
            return absent;
        }
        try {
            return Instant.parse(text.value());
        } catch (DateTimeParseException _) {
            grant.findings().error(text.at(), grant.path(key) + ": \"" + text.written() + "\"" + EXPECTED);
            return absent;
        }
    }
}

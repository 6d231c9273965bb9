package dev.sluice.capture;

import dev.sluice.config.DatabaseRule;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The headers that a request can be found by, as they are kept. */
final class FoundBy {
    /** A header's value is found by as much of it. */
    static final int MOST_VALUE = 256;

    private FoundBy() {}

    /** Values by name; of each name the empty one, too, for those who ask whether the header was there. */
    static Map<String, Set<String>> of(Transcript transcript, DatabaseRule rule) {
        var values = new HashMap<String, Set<String>>();
        for (var header : rule.filterable()) {
            var name = name(header.name());
            var found = new HashSet<String>();
            collect(Contents.requestHeaders(transcript), name, header.redactValues(), found);
            collect(Contents.answerHeaders(transcript), name, header.redactValues(), found);
            if (!found.isEmpty()) {
                found.add("");
                values.put(name, found);
            }
        }
        return values;
    }

    private static void collect(List<HeaderLine> headers, String name, boolean redact, Set<String> found) {
        for (var header : headers) {
            if (header.name().equals(name)) {
                found.add(redact ? HeaderLine.REDACTED : value(header.value()));
            }
        }
    }

    static String name(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    static String value(String value) {
        return value.length() <= MOST_VALUE ? value : value.substring(0, MOST_VALUE);
    }
}

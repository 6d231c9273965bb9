package dev.sluice.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Entries of {@code add_headers}: {@code Header-Name: value}. */
final class HeaderLine {
    private static final Pattern NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

    private HeaderLine() {}

    static List<Map.Entry<String, String>> read(Section section, String prefix) {
        var headers = new ArrayList<Map.Entry<String, String>>();
        for (var entry : section.texts("add_headers")) {
            var header = parse(entry.value());
            header.ifPresent(headers::add);
            if (header.isEmpty()) {
                section.findings()
                        .warn(
                                entry.at(),
                                prefix + "add_headers entry \"" + entry.written()
                                        + "\" must be in \"Header-Name: value\" format");
            }
        }
        return headers;
    }

    private static Optional<Map.Entry<String, String>> parse(String entry) {
        var colon = entry.indexOf(':');
        if (colon < 0) {
            return Optional.empty();
        }
        var name = entry.substring(0, colon);
        var value = entry.substring(colon + 1).strip();
        // A line break in a value would let it smuggle in further headers.
        var sound = NAME.matcher(name).matches()
                && !value.isEmpty()
                && value.chars().allMatch(c -> c == '\t' || (c >= ' ' && c <= '~'));
        return sound ? Optional.of(Map.entry(name, value)) : Optional.empty();
    }
}

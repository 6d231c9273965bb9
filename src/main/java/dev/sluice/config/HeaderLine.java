package dev.sluice.config;

import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Entries of {@code add_headers}: {@code Header-Name: value}. */
final class HeaderLine {
    private static final Pattern NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

    /** Of one hop, or worked out from the request itself: one that is added would be wrong, or would smuggle. */
    private static final Set<String> NOT_ADDABLE = Set.of(
            "connection",
            "content-length",
            "content-type",
            "expect",
            "host",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade");

    /** Prints without its value: people put credentials there, and rules are printed. */
    private static final class Added extends AbstractMap.SimpleImmutableEntry<String, String> {
        private static final long serialVersionUID = 1L;

        Added(String name, String value) {
            super(name, value);
        }

        @Override
        public String toString() {
            return getKey() + ": ***";
        }
    }

    private HeaderLine() {}

    static List<Map.Entry<String, String>> read(Section section, String prefix) {
        var headers = new ArrayList<Map.Entry<String, String>>();
        for (var entry : section.texts("add_headers")) {
            var header = parse(entry.value());
            if (header.isPresent()) {
                add(header.get(), headers, entry, section, prefix);
            } else {
                section.findings()
                        .warn(
                                entry.at(),
                                prefix + "add_headers entry \"" + quotable(entry.written())
                                        + "\" must be in \"Header-Name: value\" format");
            }
        }
        return headers;
    }

    /** Whatever is wrong with a line, behind its colon may stand a credential. */
    private static String quotable(String written) {
        var colon = written.indexOf(':');
        return colon < 0 || written.substring(colon + 1).isBlank() ? written : written.substring(0, colon) + ": ***";
    }

    private static void add(
            Map.Entry<String, String> header,
            List<Map.Entry<String, String>> headers,
            HuJson.Text entry,
            Section section,
            String prefix) {
        var name = header.getKey().toLowerCase(Locale.ROOT);
        if (NOT_ADDABLE.contains(name)) {
            section.findings().warn(entry.at(), prefix + "add_headers cannot set " + name + "; it is left out");
        } else {
            headers.add(header);
        }
    }

    static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }

    private static Optional<Map.Entry<String, String>> parse(String entry) {
        var colon = entry.indexOf(':');
        if (colon < 0) {
            return Optional.empty();
        }
        var name = entry.substring(0, colon);
        var value = entry.substring(colon + 1).strip();
        // A line break in a value would let it smuggle in further headers.
        var sound =
                isName(name) && !value.isEmpty() && value.chars().allMatch(c -> c == '\t' || (c >= ' ' && c <= '~'));
        return sound ? Optional.of(new Added(name, value)) : Optional.empty();
    }
}

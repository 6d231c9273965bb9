package dev.sluice.identity;

import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** What a machine is, as the tailnet's policy or an issuer calls it. */
final class Tags {
    private static final String PREFIX = "tag:";

    private Tags() {}

    /** Sorted, each once; empty when one is none. A comma would make one tag look like two, where they are joined. */
    static Optional<List<String>> of(Collection<String> tags) {
        return tags.stream().allMatch(Tags::isTag)
                ? Optional.of(tags.stream().sorted().distinct().toList())
                : Optional.empty();
    }

    private static boolean isTag(String tag) {
        return tag.startsWith(PREFIX)
                && tag.length() > PREFIX.length()
                && tag.chars().noneMatch(c -> c == ',' || Character.isISOControl(c) || Character.isWhitespace(c));
    }

    /** What the machine is called who has them. */
    static String login(List<String> tags) {
        return String.join(",", tags);
    }
}

package dev.sluice.access;

import dev.sluice.identity.Caller;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whom a grant is for.
 *
 * <p>A tag also matches a machine that holds others beside it. The original wants all of a machine's tags, sorted and joined
 * by commas; that still works, in any order, but people write one tag and mean every machine that has it.
 *
 * @param src as written: {@code *}, a login, {@code (loopback)}, tags or {@code group:x}
 */
record Source(List<String> src) {
    /** The first that matches; null when none does. */
    @Nullable
    String matching(Caller caller) {
        for (var source : src) {
            if (matches(source, caller)) {
                return source;
            }
        }
        return null;
    }

    // Each kind of source is compared with its own kind only: a login that reads like a tag is no tag.
    private static boolean matches(String source, Caller caller) {
        if (source.equals("*")) {
            return true;
        }
        if (source.equals("(loopback)")) {
            return caller.loopback();
        }
        if (source.startsWith("tag:")) {
            return caller.tags().contains(source) || isWholeTagSet(source, caller.tags());
        }
        if (source.startsWith("group:")) {
            return caller.groups().contains(source);
        }
        return caller.tags().isEmpty() && source.equals(caller.login());
    }

    private static boolean isWholeTagSet(String source, List<String> tags) {
        return !tags.isEmpty()
                && Arrays.stream(source.split(",", -1))
                        .sorted()
                        .toList()
                        .equals(tags.stream().sorted().toList());
    }
}

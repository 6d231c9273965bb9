package dev.sluice.audit;

import dev.sluice.identity.Caller;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;

/** Who wants to do what, and when. What came from outside is cut to size. */
record Action(String id, Instant at, String login, String node, List<String> tags, String method, String path) {
    static final int NAME_CHARS = 256;
    static final int PATH_CHARS = 512;
    static final int TAGS = 32;

    /** Somebody took a whole key for its id. */
    private static final Pattern KEY = Pattern.compile("sk-sluice-[^/]*");

    static Action of(String id, Instant at, Caller caller, String method, String path) {
        return new Action(
                id,
                at,
                Text.bounded(caller.login(), NAME_CHARS),
                Text.bounded(caller.node(), NAME_CHARS),
                caller.tags().stream()
                        .limit(TAGS)
                        .map(tag -> Text.bounded(tag, NAME_CHARS))
                        .toList(),
                Text.bounded(method, NAME_CHARS),
                Text.bounded(KEY.matcher(path).replaceAll("sk-sluice-***"), PATH_CHARS));
    }
}

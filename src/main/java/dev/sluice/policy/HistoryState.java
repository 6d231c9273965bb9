package dev.sluice.policy;

import dev.sluice.cluster.JsonSerializable;
import dev.sluice.policy.Policies.Version;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was saved.
 *
 * @param versions   the last ones, newest last, without their texts
 * @param text       the newest one's; empty before the first
 * @param hashBefore of the text before that; null when there was none
 * @param written    whether the file on disk has had the newest text
 */
record HistoryState(
        List<Version> versions, String text, @Nullable String hashBefore, boolean written) implements JsonSerializable {
    /** So many are listed; their texts stay in the journal for good. */
    static final int LISTED = 1000;

    static final HistoryState EMPTY = new HistoryState(List.of(), "", null, true);

    HistoryState {
        versions = List.copyOf(versions);
    }

    HistoryState apply(PolicyHistory.Event event) {
        return switch (event) {
            case PolicySaved saved -> saved(saved);
            case PolicyWritten(var number) ->
                number == number() ? new HistoryState(versions, text, hashBefore, true) : this;
        };
    }

    private HistoryState saved(PolicySaved saved) {
        var longer = new ArrayList<>(versions.subList(Math.max(0, versions.size() - LISTED + 1), versions.size()));
        longer.add(Version.of(saved));
        return new HistoryState(
                longer,
                saved.text(),
                versions.isEmpty() ? null : newest().hash(),
                saved.by().equals(Policies.FILE));
    }

    boolean isEmpty() {
        return versions.isEmpty();
    }

    Version newest() {
        return versions.getLast();
    }

    long number() {
        return isEmpty() ? 0 : newest().number();
    }

    /** Without the text, which has secrets in it. */
    @Override
    public String toString() {
        return "HistoryState[" + number() + (written ? "" : ", not written to the file") + "]";
    }
}

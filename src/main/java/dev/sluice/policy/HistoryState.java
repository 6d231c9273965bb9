package dev.sluice.policy;

import dev.sluice.cluster.JsonSerializable;
import dev.sluice.policy.Policies.Version;
import java.util.ArrayList;
import java.util.List;

/**
 * What was saved.
 *
 * @param versions   the last ones, newest last, without their texts
 * @param text       the newest one's; empty before the first
 * @param inFile   the number of the version that the file on disk has had, as far as is known
 */
record HistoryState(List<Version> versions, String text, long inFile) implements JsonSerializable {
    /** So many are listed; their texts stay in the journal for good. */
    static final int LISTED = 1000;

    static final HistoryState EMPTY = new HistoryState(List.of(), "", 0);

    HistoryState {
        versions = List.copyOf(versions);
    }

    HistoryState apply(PolicyHistory.Event event) {
        return switch (event) {
            case PolicySaved saved -> saved(saved);
            case PolicyWritten(var number) -> new HistoryState(versions, text, number);
        };
    }

    private HistoryState saved(PolicySaved saved) {
        var longer = new ArrayList<>(versions.subList(Math.max(0, versions.size() - LISTED + 1), versions.size()));
        longer.add(Version.of(saved));
        return new HistoryState(longer, saved.text(), saved.by().equals(Policies.FILE) ? saved.number() : inFile);
    }

    /** Whether the file on disk has had the newest text. */
    boolean written() {
        return inFile == number();
    }

    /** Whether a file with this text may be one that only never got what was saved since. */
    boolean isLeftBehind(String hash) {
        return !written()
                && versions.stream()
                        .anyMatch(it -> it.number() >= inFile && it.hash().equals(hash));
    }

    /** Whether a text was in force before, as far as versions are listed. */
    boolean had(String hash) {
        return versions.stream().anyMatch(it -> it.hash().equals(hash));
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
        return "HistoryState[" + number() + (written() ? "" : ", not written to the file") + "]";
    }
}

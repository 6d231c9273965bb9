package dev.sluice.config;

import dev.sluice.config.Finding.Severity;
import dev.sluice.config.HuJson.Place;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Collects what one reading finds. */
final class Findings {
    // What has no single place (line 0) comes last: it is about the document as a whole.
    private static final Comparator<Finding> BY_PLACE =
            Comparator.comparingInt((Finding it) -> it.line() == 0 ? Integer.MAX_VALUE : it.line())
                    .thenComparingInt(Finding::column);

    private final List<Finding> all = new ArrayList<>();

    void error(Place at, String message) {
        all.add(new Finding(Severity.ERROR, message, at.line(), at.column()));
    }

    void warn(Place at, String message) {
        all.add(new Finding(Severity.WARNING, message, at.line(), at.column()));
    }

    boolean anyError() {
        return all.stream().anyMatch(it -> it.severity() == Severity.ERROR);
    }

    /** From the top of the document to its end. */
    List<Finding> inOrder() {
        return all.stream().sorted(BY_PLACE).toList();
    }
}

package dev.sluice.config;

import dev.sluice.config.Finding.Severity;
import dev.sluice.config.HuJson.Place;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/** Collects what one reading finds. */
final class Findings {
    // What has no single place (line 0) comes last: it is about the document as a whole.
    private static final Comparator<Finding> BY_PLACE = Comparator.comparingInt(
                    (Finding it) -> it.line() == 0 ? Integer.MAX_VALUE : it.line())
            .thenComparingInt(Finding::column);

    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

    private final List<Finding> all = new ArrayList<>();

    void error(Place at, String message) {
        add(Severity.ERROR, message, at);
    }

    void warn(Place at, String message) {
        add(Severity.WARNING, message, at);
    }

    private void add(Severity severity, String message, Place at) {
        // Messages quote the document; a line break in it must not become one in a log.
        all.add(new Finding(severity, CONTROL.matcher(message).replaceAll("?"), at.line(), at.column()));
    }

    boolean anyError() {
        return all.stream().anyMatch(it -> it.severity() == Severity.ERROR);
    }

    /** From the top of the document to its end. */
    List<Finding> inOrder() {
        return all.stream().sorted(BY_PLACE).toList();
    }
}

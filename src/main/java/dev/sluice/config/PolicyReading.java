package dev.sluice.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A policy document, read.
 *
 * @param policy   null exactly when a finding is an error
 * @param findings from the top of the document to its end, then those about the whole of it
 */
public record PolicyReading(@Nullable Policy policy, List<Finding> findings) {
    public PolicyReading {
        findings = List.copyOf(findings);
        var broken = findings.stream().anyMatch(it -> it.severity() == Finding.Severity.ERROR);
        if (broken != (policy == null)) {
            throw new IllegalArgumentException("a policy exists exactly when no finding is an error");
        }
    }
}

package dev.sluice.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The capabilities that came with a caller, read.
 *
 * @param grant null exactly when a finding is an error; its source is {@code *}, for it is addressed already
 */
public record GrantReading(@Nullable GrantRule grant, List<Finding> findings) {
    public GrantReading {
        findings = List.copyOf(findings);
        var broken = findings.stream().anyMatch(it -> it.severity() == Finding.Severity.ERROR);
        if (broken != (grant == null)) {
            throw new IllegalArgumentException("a grant exists exactly when no finding is an error");
        }
    }
}

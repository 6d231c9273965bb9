package dev.sluice.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A policy document, read.
 *
 * @param policy null exactly when a finding is an error
 */
public record PolicyReading(@Nullable Policy policy, List<Finding> findings) {}

package dev.sluice.config;

/**
 * One thing wrong with a policy document.
 *
 * @param severity an error keeps the document from loading; a warning keeps it from being saved
 * @param line     1-based, 0 when the finding has no single place
 * @param column   1-based, 0 when the finding has no single place
 */
public record Finding(Severity severity, String message, int line, int column) {
    public enum Severity {
        ERROR,
        WARNING
    }
}

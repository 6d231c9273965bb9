package dev.sluice.export;

import dev.sluice.config.ExportFormat;
import dev.sluice.config.S3Rule;

/**
 * One object that is to be in a bucket.
 *
 * @param from   offset of the journal, exclusive
 * @param to     inclusive
 * @param stamp  the second in its name
 * @param object its whole name
 */
record Plan(long from, long to, long stamp, String object, String endpoint, String bucket, ExportFormat format) {
    static Plan of(S3Rule rule, long from, long to, long stamp) {
        var name = "ts-aperture-export-" + stamp + "." + rule.format().suffix();
        var object = rule.prefix().isEmpty() ? name : rule.prefix() + "/" + name;
        return new Plan(from, to, stamp, object, rule.endpoint(), rule.bucket(), rule.format());
    }

    /** Whether it can be carried out under this rule. */
    boolean isFor(S3Rule rule) {
        return endpoint.equals(rule.endpoint()) && bucket.equals(rule.bucket());
    }
}

package dev.sluice.config;

import java.time.Duration;

/**
 * Where finished requests are exported to.
 *
 * @param endpoint    empty for AWS's own in the region
 * @param prefix      empty, or without a slash at its end
 * @param accessKeyId empty when credentials are not given here
 * @param every       from one export's end to the next one's beginning
 * @param limit       the most records of one object
 * @param pathStyle   whether the bucket stands in the path of an object's address, not in the host's name
 */
public record S3Rule(
        String endpoint,
        String bucket,
        String region,
        String prefix,
        String accessKeyId,
        Secret accessSecret,
        Duration every,
        int limit,
        boolean pathStyle,
        ExportFormat format) {
    /** What is asked for beyond it is silently reduced, as documented. */
    public static final int MOST_RECORDS = 2500;

    public S3Rule {
        if (bucket.isEmpty()) {
            throw new IllegalArgumentException("exporters.s3.bucket_name is empty");
        }
        if (prefix.endsWith("/")) {
            throw new IllegalArgumentException("exporters.s3.prefix must not end with a slash");
        }
        if (every.isZero() || every.isNegative()) {
            throw new IllegalArgumentException("exporters.s3.every: " + every + " (expected: > 0)");
        }
        if (limit < 1 || limit > MOST_RECORDS) {
            throw new IllegalArgumentException(
                    "exporters.s3.limit: " + limit + " (expected: 1 to " + MOST_RECORDS + ")");
        }
    }
}

package dev.sluice.config;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Reads {@code exporters}. */
final class ExporterReader {
    private static final int EVERY_SECONDS = 3600;
    private static final int LIMIT = 1000;

    private ExporterReader() {}

    /** Null when nothing is exported. */
    static @Nullable S3Rule read(Section exporters) {
        var s3 = exporters.section("s3");
        exporters.reportUnknownKeys();
        return s3 == null ? null : s3(s3);
    }

    private static @Nullable S3Rule s3(Section section) {
        var bucket = section.textOr("bucket_name", "").strip();
        var endpoint = endpoint(section);
        var region = section.textOr("region", "").strip();
        var prefix = prefix(section);
        var keyId = section.textOr("access_key_id", "").strip();
        var secret = Secret.of(section.textOr("access_secret", "").strip());
        var every = positive(section, "every", EVERY_SECONDS);
        var other = positive(section, "limit_records", LIMIT);
        var limit = positive(section, "limit", other);
        var pathStyle = section.flag("path_style");
        var format = format(section);
        section.reportUnknownKeys();
        checkKey(section, bucket, keyId, secret);
        return bucket.isEmpty() || endpoint == null || format == null
                ? null
                : new S3Rule(
                        endpoint,
                        bucket,
                        region.isEmpty() ? "us-east-1" : region,
                        prefix,
                        keyId,
                        secret,
                        Duration.ofSeconds(every),
                        Math.min(limit, S3Rule.MOST_RECORDS),
                        pathStyle == null ? !endpoint.isEmpty() : pathStyle,
                        format);
    }

    /** Null when it is none: who reads the objects could not read others. */
    private static @Nullable ExportFormat format(Section section) {
        var text = section.text("format");
        if (text == null) {
            return section.has("format") ? null : ExportFormat.CBOR_ZSTD;
        }
        if (section.isWord("format", text)) {
            return ExportFormat.of(text.value()).orElse(ExportFormat.CBOR_ZSTD);
        }
        section.findings()
                .warn(
                        text.at(),
                        section.path("format") + ": \"" + text.written() + "\" (expected: one of "
                                + section.expectedWords("format") + "); nothing is exported");
        return null;
    }

    /** Null when it is none: what was meant for one place must not be sent to another. */
    private static @Nullable String endpoint(Section section) {
        var url = section.text("endpoint");
        if (url == null) {
            return section.has("endpoint") ? null : "";
        }
        if (url.value().isBlank() || BaseUrl.isValid(url.value())) {
            return url.value().strip();
        }
        section.findings()
                .warn(
                        url.at(),
                        section.path("endpoint") + ": \"" + url.written()
                                + "\" (expected: an http or https URL with a host); nothing is exported");
        return null;
    }

    private static String prefix(Section section) {
        var prefix = section.textOr("prefix", "");
        if (!prefix.endsWith("/")) {
            return prefix;
        }
        section.findings().warn(section.at("prefix"), section.path("prefix") + " must not end with a slash");
        return prefix.replaceFirst("/+$", "");
    }

    private static int positive(Section section, String key, int usual) {
        var number = section.integerOr(key, usual);
        if (number > 0) {
            return number;
        }
        section.findings().warn(section.at(key), section.path(key) + ": " + number + " (expected: > 0)");
        return usual;
    }

    private static void checkKey(Section section, String bucket, String keyId, Secret secret) {
        if (!bucket.isEmpty() && keyId.isEmpty() != secret.isEmpty()) {
            var missing = keyId.isEmpty() ? "access_key_id" : "access_secret";
            section.findings()
                    .warn(
                            section.at(),
                            section.path() + ": access_key_id and access_secret go together; " + missing
                                    + " is missing");
        }
    }
}

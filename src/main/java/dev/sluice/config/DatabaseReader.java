package dev.sluice.config;

import dev.sluice.config.DatabaseRule.FilterableHeader;
import dev.sluice.config.DatabaseRule.Purge;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads {@code database}. */
final class DatabaseReader {
    private static final Pattern DAYS = Pattern.compile("(\\d{1,6})d");

    private DatabaseReader() {}

    static DatabaseRule read(Section database) {
        var retention = database.section("retention");
        var headers = database.section("headers");
        var saveRaws = database.flagOr("save_raws", false);
        var keepEncryptedBlobs = database.flagOr("keep_encrypted_blobs", false);
        database.reportUnknownKeys();
        var filterable = headers == null ? List.<FilterableHeader>of() : filterable(headers);
        if (retention == null) {
            return new DatabaseRule(null, false, DatabaseRule.USUAL.purge(), filterable, saveRaws, keepEncryptedBlobs);
        }
        var kept = duration(retention);
        var requireExport = retention.flagOr("require_export", false);
        var purge = purge(retention);
        retention.reportUnknownKeys();
        return new DatabaseRule(kept, requireExport, purge, filterable, saveRaws, keepEncryptedBlobs);
    }

    private static @Nullable Duration duration(Section retention) {
        var written = retention.text("duration");
        if (written == null || written.value().isEmpty()) {
            return null;
        }
        var duration = parse(written.value()).filter(DatabaseRule::isRetention);
        if (duration.isEmpty()) {
            retention
                    .findings()
                    .warn(
                            written.at(),
                            retention.path("duration") + ": \"" + written.written()
                                    + "\" (expected: 0, or 1 hour to 3650 days, for example 720h or 30d); nothing is purged");
        }
        return duration.orElse(null);
    }

    private static Optional<Duration> parse(String text) {
        var days = DAYS.matcher(text);
        return days.matches() ? Optional.of(Duration.ofDays(Integer.parseInt(days.group(1)))) : GoDuration.parse(text);
    }

    private static Set<Purge> purge(Section retention) {
        var purge = retention.words("purge", Purge.class);
        return retention.value("purge") instanceof HuJson.Arr ? purge : DatabaseRule.USUAL.purge();
    }

    private static List<FilterableHeader> filterable(Section headers) {
        var filterable = new ArrayList<FilterableHeader>();
        for (var entry : headers.sections("filterable")) {
            var name = entry.text("name");
            // Who wrote something here wanted less to be kept.
            var redactValues = entry.flagOr("redact_values", entry.has("redact_values"));
            entry.reportUnknownKeys();
            if (name != null && HeaderLine.isName(name.value())) {
                filterable.add(new FilterableHeader(name.value(), redactValues));
            } else {
                entry.findings().warn(entry.at(), entry.path() + ": left out (expected: \"name\", a header's)");
            }
        }
        headers.reportUnknownKeys();
        return filterable;
    }
}

package dev.sluice;

import dev.sluice.config.Finding;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Findings, printed as a compiler does. */
final class FindingLines {
    private FindingLines() {}

    static void print(Path file, List<Finding> findings, PrintWriter out) {
        for (Finding finding : findings) {
            var place = finding.line() == 0 ? "" : ":" + finding.line() + ":" + finding.column();
            out.println(file + place + ": " + finding.severity().name().toLowerCase(Locale.ROOT) + ": "
                    + finding.message());
        }
        out.flush();
    }
}

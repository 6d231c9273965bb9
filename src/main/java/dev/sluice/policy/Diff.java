package dev.sluice.policy;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import com.github.difflib.algorithm.myers.MyersDiffWithLinearSpace;
import dev.sluice.config.Redaction;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What changed from one version to the next, for people. */
final class Diff {
    /** Comparing takes time that grows with the lines and with how many of them differ. */
    private static final int MAX_LINES = 20_000;

    private static final int CONTEXT = 3;

    private Diff() {}

    /** In the unified format; null when the texts are too large to compare. */
    static @Nullable String of(String nameBefore, Redaction before, String nameAfter, Redaction after) {
        var old = before.text().lines().toList();
        var now = after.text().lines().toList();
        if (old.size() + now.size() > MAX_LINES) {
            return null;
        }
        var patch = DiffUtils.diff(old, now, MyersDiffWithLinearSpace.factory().create());
        List<String> lines = UnifiedDiffUtils.generateUnifiedDiff(nameBefore, nameAfter, old, patch, CONTEXT);
        return lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
    }
}

package dev.sluice.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The keys that node settings may have: those that have a default. One that nobody knows would be read as if it were not there, and a
 * limit that its operator believes in would not hold.
 */
public final class SettingsKeys {
    private static final String OURS = "sluice";

    /** Pekko reads what is in these, and knows more keys than have a default here. */
    private static final Set<String> PEKKOS = Set.of(
            "sluice.event-loop-dispatcher",
            "sluice.ledger-dispatcher",
            "sluice.journal.events",
            "sluice.journal.snapshots",
            "sluice.journal.query");

    private SettingsKeys() {}

    /**
     * Checks what an operator wrote against the defaults.
     *
     * @throws IllegalArgumentException naming a key that has no default, and the one that may be meant
     */
    public static void check(Config written, Config defaults) {
        if (written.root().get(OURS) instanceof ConfigObject ours
                && defaults.root().get(OURS) instanceof ConfigObject known) {
            check(OURS, ours, known);
        }
    }

    private static void check(String at, ConfigObject written, ConfigObject known) {
        for (var key : written.keySet()) {
            var path = at + "." + key;
            if (!known.containsKey(key)) {
                throw new IllegalArgumentException(path + ": no such setting" + Spelling.hint(key, known.keySet())
                        + " (expected: a key of sluice.conf)");
            }
            if (!PEKKOS.contains(path)
                    && entry(written, key) instanceof ConfigObject below
                    && entry(known, key) instanceof ConfigObject knownBelow) {
                check(path, below, knownBelow);
            }
        }
    }

    /** Null for what is known only when all is put together. */
    private static @Nullable ConfigValue entry(Map<String, ConfigValue> object, String key) {
        try {
            return object.get(key);
        } catch (ConfigException.NotResolved e) {
            return null;
        }
    }
}

package dev.sluice.metric;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Names that may be labels: so many, and no more. All others are {@link #OTHER}. */
public final class Names {
    public static final String OTHER = "other";

    /** Longer ones are nobody's model. */
    private static final int MAX_LENGTH = 200;

    private final int max;
    private final Set<String> taken = ConcurrentHashMap.newKeySet();

    public Names(int max) {
        this.max = max;
    }

    /** Whether this name may be a label: it is one already, or there is room for it. Two at one time may take one place too many. */
    public boolean take(String name) {
        if (taken.contains(name)) {
            return true;
        }
        if (taken.size() >= max || name.length() > MAX_LENGTH || name.chars().anyMatch(Character::isISOControl)) {
            return false;
        }
        taken.add(name);
        return true;
    }
}

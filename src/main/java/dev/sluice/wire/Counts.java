package dev.sluice.wire;

import java.util.EnumMap;
import java.util.Map;

/**
 * Counts by the names under which a format tells them. Empty, as it is for plain events, it costs nothing to clear.
 *
 * @param <F> the format's fields
 */
public final class Counts<F extends Enum<F>> {
    private final Map<F, Long> told;

    public Counts(Class<F> fields) {
        told = new EnumMap<>(fields);
    }

    /** Takes a count in place of an earlier one; what is no count, below 0, is not told. */
    public void tell(F field, long count) {
        if (count >= 0) {
            told.put(field, count);
        }
    }

    public boolean tells(F field) {
        return told.containsKey(field);
    }

    /** The count, 0 when it is not told. */
    public long of(F field) {
        return told.getOrDefault(field, 0L);
    }

    public void clear() {
        if (!told.isEmpty()) {
            told.clear();
        }
    }

    /** Lets what the other one tells take the place of what is here. */
    public void replaceBy(Counts<F> other) {
        told.putAll(other.told);
    }

    public void add(Counts<F> other) {
        other.told.forEach((field, count) -> told.merge(field, count, Long::sum));
    }
}

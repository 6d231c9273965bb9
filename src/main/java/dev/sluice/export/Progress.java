package dev.sluice.export;

import dev.sluice.export.Exporter.Export;
import org.jspecify.annotations.Nullable;

/**
 * How far it came, as it is on disk.
 *
 * @param offset of the last event that is in a bucket
 * @param stamp  the last that an object's name had
 * @param last   null before the first
 * @param plan   of an object that may be in the bucket; null when there is none
 */
record Progress(
        long offset,
        long stamp,
        @Nullable Export last,
        @Nullable Plan plan) {
    /** Before the first plan. */
    static final Progress NONE = new Progress(0, 0, null, null);

    boolean isNone() {
        return stamp == 0;
    }

    Progress with(Plan next) {
        return new Progress(offset, next.stamp(), last, next);
    }

    Progress done(Plan plan, Export export) {
        return new Progress(plan.to(), stamp, export, null);
    }
}

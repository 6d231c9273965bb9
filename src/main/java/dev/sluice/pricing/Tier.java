package dev.sluice.pricing;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The service tiers that have a price of their own. */
enum Tier {
    STANDARD(""),
    FLEX("_flex"),
    PRIORITY("_priority"),
    BATCH("_batches");

    /** What the table hangs on a field's name. */
    final String suffix;

    Tier(String suffix) {
        this.suffix = suffix;
    }

    /** The tier as an answer tells it. Vertex tells it as a kind of traffic. Everything without suffixed prices (default, auto, scale, fast ...) goes at the standard rate. */
    static Tier told(@Nullable String serviceTier) {
        if (serviceTier == null) {
            return STANDARD;
        }
        return switch (serviceTier.toLowerCase(Locale.ROOT)) {
            case "flex", "on_demand_flex" -> FLEX;
            case "priority", "on_demand_priority" -> PRIORITY;
            case "batch", "batches" -> BATCH;
            default -> STANDARD;
        };
    }
}

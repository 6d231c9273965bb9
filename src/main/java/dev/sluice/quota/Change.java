package dev.sluice.quota;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.sluice.config.QuotaRule;
import java.time.Duration;

/** One thing that happened to a bucket. The short names are names on disk. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "change")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Change.Defined.class, name = "defined"),
    @JsonSubTypes.Type(value = Change.Reserved.class, name = "reserved"),
    @JsonSubTypes.Type(value = Change.Settled.class, name = "settled"),
    @JsonSubTypes.Type(value = Change.Released.class, name = "released"),
    @JsonSubTypes.Type(value = Change.Expired.class, name = "expired"),
    @JsonSubTypes.Type(value = Change.Refilled.class, name = "refilled"),
    @JsonSubTypes.Type(value = Change.Leased.class, name = "leased"),
})
sealed interface Change {

    /** From here on this definition holds. In the journal because refills of the past follow the definition of the past. */
    record Defined(long capacityNanos, long rateNanos, Duration per, String rate, boolean strict) implements Change {

        static Defined of(QuotaRule rule) {
            return new Defined(rule.capacityNanos(), rule.rateNanos(), rule.per(), rule.rate(), rule.strict());
        }

        boolean says(QuotaRule rule) {
            return capacityNanos == rule.capacityNanos()
                    && rateNanos == rule.rateNanos()
                    && strict == rule.strict()
                    && per.equals(rule.per())
                    && rate.equals(rule.rate());
        }
    }

    /** {@code nanos} are set aside for a request. */
    record Reserved(String id, long nanos, String owner, String memo) implements Change {}

    /** A request cost {@code nanos}. */
    record Settled(String id, long nanos) implements Change {}

    /** A request cost nothing. */
    record Released(String id) implements Change {}

    /** The owner of a reservation died, and the witness said what its request cost. */
    record Expired(String id, long nanos) implements Change {}

    /** An operator added money. */
    record Refilled(long nanos) implements Change {}

    /**
     * How a lease stands from here on: a slice of the bucket that another node spends on its own. Says all of it, not what changed.
     *
     * @param lease   its number, ascending within a bucket
     * @param holder  the process that spends it
     * @param nanos   what is in the slice, and set aside for it: what its holder drew is a reservation by now, if it was reported
     * @param granted all that was ever put into the slice
     * @param seen    entries of the holder's reports that are in the journal
     * @param over    given back or forfeited; kept for its {@code seen}, since the holder may not have heard of it
     */
    record Leased(long lease, String holder, long nanos, long granted, long seen, boolean over) implements Change {}
}

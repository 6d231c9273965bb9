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
}

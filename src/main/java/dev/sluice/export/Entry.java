package dev.sluice.export;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.session.Exchange;
import dev.sluice.session.ExchangeRecorded;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.jspecify.annotations.Nullable;

/**
 * An exchange, where the journal has it, and what was said in it, if that is known.
 *
 * @param offset   where to go on behind it
 * @param sequence its number among its session's events
 */
record Entry(
        long offset,
        long sequence,
        Exchange exchange,
        @Nullable ObjectNode capture) {
    static Entry of(EventEnvelope envelope, long offset) {
        return new Entry(offset, envelope.sequenceNr(), ((ExchangeRecorded) envelope.event()).exchange(), null);
    }

    Entry with(@Nullable ObjectNode found) {
        return new Entry(offset, sequence, exchange, found);
    }
}

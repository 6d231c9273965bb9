package dev.sluice.session;

import dev.sluice.cluster.JsonSerializable;

/** The event of a session: an exchange took place. Tagged {@link #TAG}; the ledger is made of these. */
public record ExchangeRecorded(Exchange exchange) implements JsonSerializable {
    public static final String TAG = "exchange";
}

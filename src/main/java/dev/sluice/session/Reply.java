package dev.sluice.session;

import dev.sluice.cluster.CborSerializable;

/** What entities of this room answer to an {@link Errand}, by the number it was sent under. */
sealed interface Reply extends Courier.Message, CborSerializable {
    long errand();

    /** The journal holds the exchange. {@code costNanos} is 0 for one whose price is unknown. */
    record Recorded(long errand, long costNanos) implements Reply {}

    /** Refused: the session belongs to another caller. */
    record Foreign(long errand) implements Reply {}

    /** The journal holds the link. */
    record Linked(long errand) implements Reply {}

    /** Where a response belongs. */
    record Found(long errand, ResponseLinked link) implements Reply {}

    /** The {@code provider/model} that a conversation began with; empty when it has not begun. */
    record Home(long errand, String upstream) implements Reply {}

    /** Nobody recorded such a response, or too long ago. */
    record NotFound(long errand) implements Reply {}
}

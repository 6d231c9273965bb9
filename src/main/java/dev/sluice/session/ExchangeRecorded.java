package dev.sluice.session;

import dev.sluice.cluster.JsonSerializable;

/**
 * The event of a session: an exchange took place. The ledger is made of these. In a node's own files it is tagged {@link #TAG}; in a storage that
 * nodes share, {@link #tag} by its session, because there a tag's events lie together, and several followers are to share them.
 */
public record ExchangeRecorded(Exchange exchange) implements JsonSerializable {
    public static final String TAG = "exchange";

    /** Parts of all sessions. In every tag, and in every row of the ledger's sums, so it cannot be changed. */
    public static final int SLICES = 16;

    /** Which part a session is in. */
    public static int slice(String session) {
        // A string's hash is the same everywhere, and its low bits are spread well enough over ids that are hashes
        // themselves.
        var hash = session.hashCode();
        return Math.floorMod(hash ^ (hash >>> 16), SLICES);
    }

    public static String tag(int slice) {
        return TAG + "-" + slice;
    }
}

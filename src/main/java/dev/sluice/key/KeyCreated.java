package dev.sluice.key;

/**
 * A key was made.
 *
 * @param sha256 of the whole key, in hexadecimal
 */
record KeyCreated(KeyRecord key, String sha256) implements KeyEvent {
    /** All keys there are, in the journal. */
    static final String TAG = "gateway-key";
}

package dev.sluice.wire;

/**
 * Hears of the wanted fields of a document in the order in which they stand. A null is not told.
 *
 * @param <F> the names under which fields are told
 */
public interface JsonListener<F extends Enum<F>> {
    /** An array of wanted elements begins. */
    default void array(F field) {}

    /** An object begins: the document, a field's value or an element of an array. */
    void begin(F field);

    /** The object has ended. */
    void end(F field);

    /** A string; what is to be kept of {@code text} is copied, it is good for this call only. */
    void string(F field, JsonText text);

    /** The next bytes of a text that is not kept, under the same rule; {@link #string} tells its end. */
    default void piece(F field, byte[] bytes, int from, int to) {}

    /** A number, under the same rule. */
    void number(F field, JsonText text);

    /** {@code true} or {@code false}. */
    default void truth(F field, boolean value) {}
}

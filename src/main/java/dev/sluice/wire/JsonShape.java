package dev.sluice.wire;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which fields of a JSON document somebody wants to hear of, and what of them: a tree of keys, built once. Everything that
 * is not in it is skipped. An array stands for its elements: a shape under {@code choices} is the shape of each choice.
 *
 * @param <F> the names under which fields are told
 */
public final class JsonShape<F extends Enum<F>> {
    /** A short text is cut here: ids, models and reasons are shorter. */
    public static final int MAX_TEXT_BYTES = 1024;

    final F field;
    final int keep;
    final boolean counted;
    final boolean raw;
    final boolean passed;
    private final List<byte[]> keys;
    private final List<JsonShape<F>> children;

    /** How many objects and arrays of interest can stand open at once: an array in an array is of none. */
    final int nesting;

    private JsonShape(
            F field,
            int keep,
            boolean counted,
            boolean raw,
            boolean passed,
            List<byte[]> keys,
            List<JsonShape<F>> children) {
        this.field = field;
        this.keep = keep;
        this.counted = counted;
        this.raw = raw;
        this.passed = passed;
        this.keys = keys;
        this.children = children;
        var deepest = 0;
        for (var child : children) {
            deepest = Math.max(deepest, child.nesting);
        }
        this.nesting = 2 + deepest;
    }

    private static <F extends Enum<F>> JsonShape<F> leaf(F field, int keep, boolean counted, boolean raw) {
        return new JsonShape<>(field, keep, counted, raw, false, List.of(), List.of());
    }

    /** An object, or an array of objects, of which only the fields given by {@link #with} are wanted. */
    public static <F extends Enum<F>> JsonShape<F> object(F field) {
        return leaf(field, 0, false, false);
    }

    /** A short text or a number. */
    public static <F extends Enum<F>> JsonShape<F> text(F field) {
        return leaf(field, MAX_TEXT_BYTES, false, false);
    }

    /** A text of which only the number of characters is wanted. */
    public static <F extends Enum<F>> JsonShape<F> characters(F field) {
        return leaf(field, 0, true, false);
    }

    /** A text that is kept up to a tool call's limit, and counted. */
    public static <F extends Enum<F>> JsonShape<F> argument(F field) {
        return leaf(field, AnswerReader.MAX_ARGUMENT_BYTES, true, false);
    }

    /** Any value, kept as it stands up to a tool call's limit, and counted; a string without its quotes. */
    public static <F extends Enum<F>> JsonShape<F> raw(F field) {
        return leaf(field, AnswerReader.MAX_ARGUMENT_BYTES, true, true);
    }

    /** A text that is handed on in pieces, as it comes, and not kept. For texts in ASCII: what JSON escapes as a pair is lost. */
    static <F extends Enum<F>> JsonShape<F> pieces(F field) {
        return new JsonShape<>(field, 0, false, false, true, List.of(), List.of());
    }

    /** This shape with one more field. */
    public JsonShape<F> with(String key, JsonShape<F> child) {
        var moreKeys = new ArrayList<>(keys);
        moreKeys.add(key.getBytes(StandardCharsets.UTF_8));
        var moreChildren = new ArrayList<>(children);
        moreChildren.add(child);
        return new JsonShape<>(field, keep, counted, raw, passed, List.copyOf(moreKeys), List.copyOf(moreChildren));
    }

    boolean isObject() {
        return !children.isEmpty();
    }

    @Nullable
    JsonShape<F> child(byte[] bytes, int from, int to) {
        int length = to - from;
        for (int i = 0; i < keys.size(); i++) {
            var key = keys.get(i);
            if (key.length == length && Arrays.equals(key, 0, length, bytes, from, to)) {
                return children.get(i);
            }
        }
        return null;
    }
}

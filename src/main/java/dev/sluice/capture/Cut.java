package dev.sluice.capture;

import dev.sluice.wire.Retold;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A body that was taken apart: how to put it together again, which packs that takes, and what of it no pack has yet.
 *
 * @param fresh what goes into the pack that is to be made, in the order of its numbers; nothing when none is needed
 */
@SuppressWarnings("ArrayRecordComponent") // Handed through; never compared.
record Cut(byte[] manifest, Set<Long> packs, List<Retold.Range> fresh) {
    /** Shorter ones cost more to refer to than to repeat. */
    private static final int LEAST_PART = 32;

    /** A body that is no longer goes with its capture, as one piece: a conversation soon grows beyond it. */
    static final int LEAST_BODY = 2_048;

    static final int HASH_BYTES = 16;

    /** What a part is known by: SHA-256 over a scope and its bytes, cut to 128 bits. */
    record Hash(long scope, long high, long low) {
        static Hash read(long scope, ByteBuffer bytes) {
            return new Hash(scope, bytes.getLong(), bytes.getLong());
        }

        byte[] bytes() {
            return ByteBuffer.allocate(HASH_BYTES).putLong(high).putLong(low).array();
        }
    }

    /** Where a part is: its number, and the pack that has it. */
    record Place(long number, long pack) {}

    /** Knows where parts are. */
    interface Places<E extends Exception> {
        /** Where the body's bytes are; if nowhere, they take the place that is offered. */
        Place place(int from, int to, Place offered) throws E;
    }

    /** @param next the number of the next part, and of the pack that it would begin */
    static <E extends Exception> Cut of(byte[] body, long next, Places<E> places) throws E {
        var manifest = new Manifest.Builder(body.length);
        var packs = new TreeSet<Long>();
        var fresh = new ArrayList<Retold.Range>();
        if (body.length < LEAST_BODY) {
            manifest.own(body, 0, body.length);
            return new Cut(manifest.build(), packs, fresh);
        }
        for (var range : Retold.parts(body)) {
            if (range.to() - range.from() < LEAST_PART) {
                manifest.own(body, range.from(), range.to());
                continue;
            }
            var offered = new Place(next + fresh.size(), next);
            var place = places.place(range.from(), range.to(), offered);
            if (place.equals(offered)) {
                fresh.add(range);
            }
            packs.add(place.pack());
            manifest.part(place.number());
        }
        return new Cut(manifest.build(), packs, fresh);
    }

    long[] packNumbers() {
        return packs.stream().mapToLong(Long::longValue).toArray();
    }

    /** What is fresh, as a pack has it. */
    ByteWriter pack(byte[] body) {
        var content = new ByteWriter(
                fresh.stream().mapToInt(range -> range.to() - range.from() + 5).sum() + 5);
        content.number(fresh.size());
        fresh.forEach(range -> content.number(range.to() - range.from()));
        fresh.forEach(range -> content.raw(body, range.from(), range.to()));
        return content;
    }

    /** The parts of a pack, in the order of their numbers. */
    static List<byte[]> parts(byte[] frame) {
        var in = new ByteReader(Frames.open(frame));
        var lengths = new int[in.count()];
        for (var nth = 0; nth < lengths.length; nth++) {
            lengths[nth] = in.count();
        }
        var parts = new ArrayList<byte[]>(lengths.length);
        for (var length : lengths) {
            parts.add(in.raw(length));
        }
        return parts;
    }

    static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256", e);
        }
    }
}

package dev.sluice.simulator;

import java.util.List;
import java.util.function.IntFunction;
import org.apache.pekko.util.ByteString;

/** The pieces of one answer in order, made one at a time: an answer of any length costs the memory of one piece. */
interface Frames {
    int size();

    ByteString frame(int index);

    static Frames of(int size, IntFunction<ByteString> frame) {
        return new Frames() {
            @Override
            public int size() {
                return size;
            }

            @Override
            public ByteString frame(int index) {
                return frame.apply(index);
            }
        };
    }

    static Frames of(List<ByteString> head, int count, IntFunction<ByteString> middle, List<ByteString> tail) {
        return of(head.size() + count + tail.size(), index -> {
            if (index < head.size()) {
                return head.get(index);
            }
            var inMiddle = index - head.size();
            return inMiddle < count ? middle.apply(inMiddle) : tail.get(inMiddle - count);
        });
    }

    /** One body in slices. */
    static Frames sliced(ByteString body, int length) {
        return of(
                (body.length() + length - 1) / length,
                index -> body.slice(index * length, Math.min(body.length(), (index + 1) * length)));
    }

    default Frames first(int count) {
        return of(Math.min(count, size()), this::frame);
    }

    default Frames replaced(int at, ByteString other) {
        return of(size(), index -> index == at ? other : frame(index));
    }

    default Frames followedBy(Frames rest) {
        var count = size();
        return of(
                (int) Math.min(Integer.MAX_VALUE, (long) count + rest.size()),
                index -> index < count ? frame(index) : rest.frame(index - count));
    }
}

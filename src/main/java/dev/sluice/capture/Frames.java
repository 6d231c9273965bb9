package dev.sluice.capture;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdException;
import dev.sluice.capture.ByteReader.Damaged;

/** Compresses, on one thread; opens what was compressed, on any. */
final class Frames implements AutoCloseable {
    /** Higher ones save little of text in pieces of some kB, and cost much. */
    private static final int LEVEL = 3;

    /** More than a request and its answer may be; a frame that says more was damaged. */
    private static final long MAX_BYTES = 512L << 20;

    private final ZstdCompressCtx context =
            new ZstdCompressCtx().setLevel(LEVEL).setContentSize(true).setChecksum(true);
    /** Grows to what is usual, so that the garbage collector sees no large array for each. */
    private byte[] room = new byte[16 << 10];

    byte[] close(ByteWriter content) {
        var bound = Math.toIntExact(Zstd.compressBound(content.size()));
        var target = bound <= room.length ? room : grown(bound);
        var length = context.compressByteArray(target, 0, target.length, content.buffer(), 0, content.size());
        return java.util.Arrays.copyOf(target, length);
    }

    private byte[] grown(int bound) {
        var larger = new byte[bound];
        if (bound <= 1 << 20) {
            room = larger;
        }
        return larger;
    }

    static byte[] open(byte[] frame) {
        try {
            var size = Zstd.getFrameContentSize(frame);
            if (size < 0 || size > MAX_BYTES) {
                throw new Damaged("a frame of " + size + " bytes");
            }
            return Zstd.decompress(frame, (int) size);
        } catch (ZstdException e) {
            throw new Damaged("a frame: " + e.getMessage());
        }
    }

    @Override
    public void close() {
        context.close();
    }
}

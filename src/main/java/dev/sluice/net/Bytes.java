package dev.sluice.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.apache.pekko.util.ByteString;

/** Bytes from Netty's buffers into Pekko's strings and back: one copy, one array. */
public final class Bytes {
    private Bytes() {}

    /** What can be read of a buffer, which is left as it was. */
    public static ByteString copied(ByteBuf buffer) {
        var bytes = new byte[buffer.readableBytes()];
        buffer.getBytes(buffer.readerIndex(), bytes);
        return ByteString.fromArrayUnsafe(bytes);
    }

    /** A buffer that a socket can write without another copy. */
    public static ByteBuf buffer(ByteBufAllocator allocator, ByteString bytes) {
        var size = bytes.size();
        var buffer = allocator.directBuffer(size, size);
        bytes.copyToBuffer(buffer.internalNioBuffer(0, size));
        return buffer.writerIndex(size);
    }
}

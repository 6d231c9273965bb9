package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ContentDecodingTest {
    private static final int MAX = 1 << 20;
    private static final List<String> CODINGS = List.of("gzip", "x-gzip", "deflate", "zstd", "br");

    /** "The quick brown fox jumps over the lazy dog. " a hundred times, as the encoder of Brotli's authors makes it. */
    private static final byte[] FOXES_IN_BROTLI = Base64.getDecoder()
            .decode("G5MRiCwOeNPQlV2XELsXK6nK0JLMjK1BXObyNsgZnp4Ke4MNOHBIIG80uEGnFc4cHieqKTjCCUkA2KfB");

    private static final byte[] FOXES =
            "The quick brown fox jumps over the lazy dog. ".repeat(100).getBytes(StandardCharsets.UTF_8);

    /** Two events, flushed after each, and nothing behind. */
    private static final byte[] FLUSHED_IN_BROTLI =
            Base64.getDecoder().decode("CweAZGF0YTogeyJhIjoxfQoKcACAX1pBRqxPImCIKCFA2sEA");

    private interface Coder {
        OutputStream open(OutputStream out) throws IOException;
    }

    private static byte[] encode(byte[] plain, Coder coder) {
        var bytes = new ByteArrayOutputStream();
        try (var out = coder.open(bytes)) {
            out.write(plain);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return bytes.toByteArray();
    }

    private static byte[] encode(String coding, byte[] plain, Random random) {
        return switch (coding) {
            case "gzip", "x-gzip" -> encode(plain, GZIPOutputStream::new);
            case "deflate" -> {
                var bare = random.nextBoolean();
                yield encode(plain, out -> new DeflaterOutputStream(out, new Deflater(6, bare)));
            }
            case "zstd" -> encode(plain, out -> new ZstdOutputStream(out, 1 + random.nextInt(9)));
            case "br" -> storedBrotli(plain);
            default -> throw new AssertionError(coding);
        };
    }

    /** Blocks of bytes as they are: there is no encoder of Brotli here. */
    private static byte[] storedBrotli(byte[] plain) {
        var out = new ByteArrayOutputStream();
        // A window of 16 bits is the bit 0; each block begins on a byte of its own all the same.
        var bits = 0L;
        var count = 1;
        for (int from = 0; from < plain.length; from += 1 << 16) {
            var length = Math.min(1 << 16, plain.length - from);
            // Not the last, four nibbles of length, uncompressed.
            bits |= ((long) (length - 1) << (count + 3)) | (1L << (count + 19));
            count += 20;
            for (; count > 0; count -= 8, bits >>>= 8) {
                out.write((int) bits);
            }
            bits = 0;
            count = 0;
            out.write(plain, from, length);
        }
        out.write((int) (bits | (3L << count)));
        return out.toByteArray();
    }

    private static Optional<byte[]> decode(@Nullable String coding, byte[] body) {
        return ContentDecoding.decode(coding, List.of(ByteString.fromArray(body)), MAX);
    }

    private static byte[] bytes(Random random, int most) {
        var bytes = new byte[random.nextInt(most)];
        random.nextBytes(bytes);
        if (random.nextBoolean()) {
            // Something to compress.
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] &= 3;
            }
        }
        return bytes;
    }

    @Property(tries = 100)
    void whatIsEncodedIsDecodedHoweverManyCodingsStandOverOneAnother(@ForAll long seed) {
        var random = new Random(seed);
        var plain = bytes(random, 100_000);
        var encoded = plain;
        var codings = new StringBuilder(random.nextBoolean() ? "" : "Identity , ");
        for (int i = random.nextInt(4); i > 0; i--) {
            var coding = CODINGS.get(random.nextInt(CODINGS.size()));
            encoded = encode(coding, encoded, random);
            codings.append(coding.toUpperCase(Locale.ROOT)).append(",");
        }
        var cut = random.nextInt(encoded.length + 1);
        var body = List.of(
                ByteString.fromArray(Arrays.copyOf(encoded, cut)),
                ByteString.fromArray(Arrays.copyOfRange(encoded, cut, encoded.length)));

        assertThat(ContentDecoding.decode(codings.toString(), body, MAX)).hasValue(plain);
        assertThat(ContentDecoding.decode(codings.toString(), body, Math.max(0, plain.length - 1)))
                .isEqualTo(plain.length == 0 ? Optional.of(plain) : Optional.empty());
    }

    @Property(tries = 100)
    void ofWhatIsCutOffTheBeginningIsDecoded(@ForAll long seed) {
        var random = new Random(seed);
        var plain = bytes(random, 100_000);
        for (var coding : CODINGS) {
            var encoded = encode(coding, plain, random);
            var told = decode(coding, Arrays.copyOf(encoded, random.nextInt(encoded.length + 1)));
            told.ifPresent(it -> assertThat(Arrays.copyOf(plain, it.length)).isEqualTo(it));
        }
    }

    @Property(tries = 100)
    void bytesThatAreNothingBreakNothing(@ForAll byte[] bytes, @ForAll long seed) {
        var random = new Random(seed);
        for (var coding : CODINGS) {
            assertThatCode(() -> decode(coding, bytes)).doesNotThrowAnyException();
            var encoded = encode(coding, bytes(random, 1000), random);
            for (int i = random.nextInt(5); i > 0; i--) {
                encoded[random.nextInt(encoded.length)] ^= (byte) (1 << random.nextInt(8));
            }
            assertThatCode(() -> decode(coding, encoded)).doesNotThrowAnyException();
        }
    }

    @Test
    void bombsAreRefused() {
        var zeros = new byte[8 * MAX];
        for (var coding : CODINGS) {
            assertThat(decode(coding, encode(coding, zeros, new Random(1))))
                    .as(coding)
                    .isEmpty();
            var twice = encode("gzip", encode(coding, zeros, new Random(1)), new Random(1));
            assertThat(decode(coding + ", gzip", twice)).as(coding).isEmpty();
        }
        assertThat(decode(null, zeros)).isEmpty();
    }

    @Test
    void aWindowThatHttpDoesNotAllowIsRefused() {
        var wide = encode(new byte[100], out -> new ZstdOutputStream(out).setLong(27));

        assertThat(decode("zstd", wide)).isEmpty();
    }

    @Test
    void whatIsUnknownOrTooMuchIsRefused() {
        assertThat(decode("compress", FOXES)).isEmpty();
        assertThat(decode("gzip,gzip,gzip,gzip", FOXES)).isEmpty();
        assertThat(decode("gzip", FOXES)).isEmpty();
        assertThat(decode("zstd", FOXES)).isEmpty();
        assertThat(decode("br", FOXES)).isEmpty();
        assertThat(decode("deflate", FOXES)).isEmpty();
        assertThat(decode("", FOXES)).hasValue(FOXES);
    }

    @Test
    void brIsReadAsItsAuthorsWriteIt() {
        assertThat(decode("br", FOXES_IN_BROTLI)).hasValue(FOXES);
    }

    @Test
    void ofBrThatIsCutOffNothingIsMadeUp() {
        for (int end = 0; end < FOXES_IN_BROTLI.length; end++) {
            decode("br", Arrays.copyOf(FOXES_IN_BROTLI, end))
                    .ifPresent(it -> assertThat(Arrays.copyOf(FOXES, it.length)).isEqualTo(it));
        }
        var plain = new byte[300_000];
        new Random(1).nextBytes(plain);
        assertThat(decode("br", Arrays.copyOf(storedBrotli(plain), 200_000)))
                .hasValueSatisfying(it -> assertThat(it).hasSizeGreaterThan(100_000));
    }

    @Test
    void brThatBrokeOffBehindAFlushIsRead() {
        assertThat(decode("br", FLUSHED_IN_BROTLI))
                .hasValue("data: {\"a\":1}\n\ndata: {\"b\":2}\n\n".getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void membersBehindOneAnotherAreOneBody() throws IOException {
        var members = new ByteArrayOutputStream();
        members.write(encode("gzip", "one ".getBytes(StandardCharsets.UTF_8), new Random(1)));
        members.write(encode("gzip", "two".getBytes(StandardCharsets.UTF_8), new Random(1)));
        assertThat(decode("gzip", members.toByteArray())).hasValue("one two".getBytes(StandardCharsets.UTF_8));

        var frames = new ByteArrayOutputStream();
        frames.write(Zstd.compress("one ".getBytes(StandardCharsets.UTF_8)));
        frames.write(Zstd.compress("two".getBytes(StandardCharsets.UTF_8)));
        assertThat(decode("zstd", frames.toByteArray())).hasValue("one two".getBytes(StandardCharsets.UTF_8));
    }
}

package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestBodiesTest {
    private static final byte[] BODY = Heads.utf8("{\"model\":\"m\"}");

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "identity", " Identity "})
    void leavesAPlainBodyAlone(String encoding) throws BadRequest {
        assertThat(RequestBodies.decode(BODY, encoding, 5)).isSameAs(BODY);
    }

    @Test
    void decodesGzipAndBothKindsOfDeflate() throws Exception {
        assertThat(RequestBodies.decode(gzip(BODY), "GZIP", 100)).isEqualTo(BODY);
        assertThat(RequestBodies.decode(gzip(BODY), "x-gzip", BODY.length)).isEqualTo(BODY);
        assertThat(RequestBodies.decode(deflate(BODY, false), "deflate", 100)).isEqualTo(BODY);
        assertThat(RequestBodies.decode(deflate(BODY, true), "deflate", 100)).isEqualTo(BODY);
    }

    @Test
    void refusesABomb() throws Exception {
        // Given
        var bomb = gzip(new byte[20_000_000]);
        // Then
        assertThat(bomb.length).isLessThan(50_000);
        assertThatExceptionOfType(BadRequest.class)
                .isThrownBy(() -> RequestBodies.decode(bomb, "gzip", 1_000_000))
                .withMessage("body: more than 1000000 bytes when decoded (expected: at most that)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"br", "zstd", "gzip, gzip", "aes128gcm"})
    void refusesOtherCodings(String encoding) {
        assertThatExceptionOfType(BadRequest.class)
                .isThrownBy(() -> RequestBodies.decode(BODY, encoding, 100))
                .withMessageStartingWith("content-encoding: not supported");
    }

    @Test
    void refusesBytesThatDoNotKeepToTheirCoding() throws Exception {
        // Given
        var cut = Arrays.copyOf(gzip(BODY), 15);
        // Then
        for (var coding : new String[] {"gzip", "deflate"}) {
            for (var body : new byte[][] {BODY, cut, {}}) {
                assertThatExceptionOfType(BadRequest.class)
                        .isThrownBy(() -> RequestBodies.decode(body, coding, 100))
                        .withMessageStartingWith("body: not " + coding);
            }
        }
    }

    private static byte[] gzip(byte[] body) throws IOException {
        var bytes = new ByteArrayOutputStream();
        return written(bytes, new GZIPOutputStream(bytes), body);
    }

    private static byte[] deflate(byte[] body, boolean raw) throws IOException {
        var bytes = new ByteArrayOutputStream();
        return written(bytes, new DeflaterOutputStream(bytes, new Deflater(9, raw)), body);
    }

    private static byte[] written(ByteArrayOutputStream bytes, OutputStream coder, byte[] body) throws IOException {
        try (coder) {
            coder.write(body);
        }
        return bytes.toByteArray();
    }
}

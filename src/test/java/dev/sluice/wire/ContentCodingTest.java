package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.wire.chat.ChatAnswers;
import dev.sluice.wire.messages.MessagesAnswers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.Test;

class ContentCodingTest {
    private static final byte[] BODY =
            Fixture.of("anthropic-messages", "tools-stream").body();

    private static Answer plain() {
        var reader = MessagesAnswers.stream();
        Feeding.pieces(reader, BODY);
        return reader.answer();
    }

    private static byte[] gzip(byte[] body) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var out = new GZIPOutputStream(bytes)) {
            out.write(body);
        }
        return bytes.toByteArray();
    }

    private static byte[] deflate(byte[] body, boolean bare) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var out = new DeflaterOutputStream(bytes, new Deflater(Deflater.BEST_COMPRESSION, bare))) {
            out.write(body);
        }
        return bytes.toByteArray();
    }

    @Property(tries = 100)
    void readsAnyCodingHoweverItIsCut(@ForAll long seed) throws IOException {
        var random = new Random(seed);
        var half = BODY.length / 2;
        var members = new ByteArrayOutputStream();
        members.write(gzip(Arrays.copyOf(BODY, half)));
        members.write(gzip(Arrays.copyOfRange(BODY, half, BODY.length)));
        read("gzip", gzip(BODY), random);
        read("GZIP", members.toByteArray(), random);
        read("deflate", deflate(BODY, false), random);
        read("deflate", deflate(BODY, true), random);
    }

    private static void read(String coding, byte[] encoded, Random random) {
        var reader = ContentCoding.wrap(coding, MessagesAnswers.stream());
        var cuts =
                random.ints(random.nextInt(20), 0, encoded.length + 1).sorted().toArray();
        assertThat(Feeding.pieces(reader, encoded, cuts)).isEqualTo(encoded);
        assertThat(reader.answer()).isEqualTo(plain());
    }

    @Test
    void readsAnEventAsSoonAsItIsFlushed() throws IOException {
        var bytes = new ByteArrayOutputStream();
        var reader = ContentCoding.wrap("gzip", ChatAnswers.stream(false));
        try (var out = new GZIPOutputStream(bytes, true)) {
            for (int i = 1; i <= 5; i++) {
                out.write("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word\"}}]}\n\n"
                        .getBytes(StandardCharsets.UTF_8));
                out.flush();
                reader.read(ByteString.fromArray(bytes.toByteArray()));
                bytes.reset();

                assertThat(reader.answer().textChars()).isEqualTo(4L * i);
            }
        }
    }

    @Test
    void readsAGzipHeaderWithEverythingInIt() throws IOException {
        var plain = gzip(BODY);
        var full = new ByteArrayOutputStream();
        full.write(plain, 0, 3);
        full.write(2 | 4 | 8 | 16);
        full.write(plain, 4, 6);
        full.write(new byte[] {3, 0, 'x', 'y', 'z', 'n', 0, 'c', 'o', 0, 1, 2});
        full.write(plain, 10, plain.length - 10);
        var reader = ContentCoding.wrap("gzip", MessagesAnswers.stream());

        Feeding.pieces(reader, full.toByteArray());

        assertThat(reader.answer()).isEqualTo(plain());
    }

    @Test
    void passesAnUnknownCodingOnUnread() {
        var reader = ContentCoding.wrap("br", MessagesAnswers.stream());

        assertThat(Feeding.pieces(reader, BODY)).isEqualTo(BODY);
        assertThat(reader.answer().usage()).isNull();
    }

    @Test
    void needsNothingForAnAnswerAsItIs() {
        var reader = MessagesAnswers.stream();

        assertThat(ContentCoding.wrap(null, reader)).isSameAs(reader);
        assertThat(ContentCoding.wrap("identity", reader)).isSameAs(reader);
    }
}

package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EventFramesTest {

    /** Remembers every frame that has ended, as {@code type:payload}. */
    private static final class Ended implements EventFrames.Listener {
        final List<String> frames = new ArrayList<>();
        private final ByteArrayOutputStream payload = new ByteArrayOutputStream();
        private String type = "";

        @Override
        public void begin(FrameHeaders headers) {
            payload.reset();
            type = headers.isEvent() ? "event" : headers.type() + "/" + headers.message();
        }

        @Override
        public void payload(byte[] bytes, int from, int to) {
            payload.write(bytes, from, to - from);
        }

        @Override
        public void end() {
            frames.add(type + ":" + payload.toString(StandardCharsets.UTF_8));
        }
    }

    @Test
    void readsTheFramesOfAwssOwnTests() {
        // Given
        var empty = HexFormat.of().parseHex("000000100000000005c248eb7d98c8ff");
        var oneHeader = HexFormat.of()
                .parseHex("0000003d0000002007fd83960c636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e"
                        + "7b27666f6f273a27626172277d8d9c08b1");
        // When
        var ended = new Ended();
        var frames = new EventFrames(ended);
        frames.read(empty, 0, empty.length);
        frames.read(oneHeader, 0, oneHeader.length);
        // Then
        assertThat(frames.between()).isTrue();
        assertThat(ended.frames).containsExactly("event:", "event:{'foo':'bar'}");
    }

    @Test
    void tellsErrorsFromEvents() {
        // Given
        var ended = new Ended();
        var frames = new EventFrames(ended);
        var exception = EventFrame.exception("throttlingException", "{}").toArray();
        var headers = new LinkedHashMap<String, String>();
        headers.put(":message-type", "error");
        headers.put(":error-code", "InternalFailure");
        headers.put(":error-message", "grüß");
        var error = EventFrame.of(headers, new byte[0]).toArray();
        // When
        frames.read(exception, 0, exception.length);
        frames.read(error, 0, error.length);
        // Then
        assertThat(ended.frames).containsExactly("throttlingException/null:{}", "InternalFailure/grüß:");
    }

    @Property(tries = 500)
    void readsTheSameHoweverTheFramesAreCut(@ForAll long seed) {
        // Given
        var random = new Random(seed);
        var expected = new ArrayList<String>();
        var bytes = frames(random, expected);
        // When
        var ended = new Ended();
        var frames = new EventFrames(ended);
        int from = 0;
        while (from < bytes.length) {
            int to = Math.min(bytes.length, from + 1 + random.nextInt(40));
            frames.read(bytes, from, to);
            from = to;
        }
        // Then
        assertThat(ended.frames).isEqualTo(expected);
        assertThat(frames.between()).isTrue();
    }

    @Property(tries = 500)
    void noticesEveryBitThatFlips(@ForAll long seed) {
        // Given
        var random = new Random(seed);
        var expected = new ArrayList<String>();
        var bytes = frames(random, expected);
        int bit = random.nextInt(8 * bytes.length);
        bytes[bit / 8] ^= (byte) (1 << (bit % 8));
        // When
        var ended = new Ended();
        var frames = new EventFrames(ended);
        frames.read(bytes, 0, bytes.length);
        // Then
        assertThat(frames.broken()).isTrue();
        assertThat(ended.frames).hasSizeLessThan(expected.size());
        assertThat(ended.frames).isEqualTo(expected.subList(0, ended.frames.size()));
    }

    private static byte[] frames(Random random, List<String> expected) {
        var bytes = new ByteArrayOutputStream();
        for (int i = random.nextInt(5); i >= 0; i--) {
            var payload = "é".repeat(random.nextInt(200));
            if (random.nextBoolean()) {
                bytes.writeBytes(EventFrame.exception("x", payload).toArray());
                expected.add("x/null:" + payload);
            } else {
                var headers = Map.of(":message-type", "event", "h".repeat(1 + random.nextInt(100)), "v");
                bytes.writeBytes(EventFrame.of(headers, payload.getBytes(StandardCharsets.UTF_8))
                        .toArray());
                expected.add("event:" + payload);
            }
        }
        return bytes.toByteArray();
    }

    @ParameterizedTest
    @CsvSource({
        // The lengths of all and of the headers; the payload's is what is left but 16.
        "16, 0, false",
        "15, 0, true",
        "0, 0, true",
        "-1, 0, true",
        "16, -1, true",
        "100, 85, true",
        "131088, 131072, false",
        "131089, 131073, true",
        "16777232, 0, false",
        "16777233, 0, true",
        "2147483647, 0, true",
    })
    void keepsToAwssLimits(int length, int headers, boolean broken) {
        // Given
        var bytes = new byte[12];
        var prelude = ByteBuffer.wrap(bytes).putInt(length).putInt(headers);
        var crc = new CRC32();
        crc.update(bytes, 0, 8);
        prelude.putInt((int) crc.getValue());
        // When
        var frames = new EventFrames(new Ended());
        frames.read(bytes, 0, 12);
        // Then
        assertThat(frames.broken()).isEqualTo(broken);
    }

    @ParameterizedTest
    @CsvSource({
        "ff, a name that is longer than the headers",
        "0161, no type",
        "01610a, an unknown type",
        "016107, no length",
        "0161070005, a text that is longer than the headers",
        "01610400, half a number",
        "016180, a negative type",
    })
    void breaksOffAtHeadersThatAreNone(String hex, String why) {
        // Given
        var headers = HexFormat.of().parseHex(hex);
        // Then
        assertThat(FrameHeaders.read(headers, 0, headers.length)).as(why).isNull();
    }

    @Test
    void readsPastHeadersOfEveryType() {
        // Given
        var values = List.of(
                "00",
                "01",
                "0261",
                "036161",
                "0461616161",
                "056161616161616161",
                "06000161",
                "0861616161" + "61616161",
                "09" + "61".repeat(16));
        var hex = new StringBuilder();
        values.forEach(value -> hex.append("0178").append(value));
        hex.append("0d").append(HexFormat.of().formatHex(":message-type".getBytes(StandardCharsets.US_ASCII)));
        hex.append("070005").append(HexFormat.of().formatHex("error".getBytes(StandardCharsets.US_ASCII)));
        var headers = HexFormat.of().parseHex(hex);
        // When
        var read = FrameHeaders.read(headers, 0, headers.length);
        // Then
        assertThat(read).isEqualTo(new FrameHeaders(false, null, null));
    }
}

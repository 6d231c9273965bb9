package dev.sluice.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.Test;

class TranscriptTest {
    private static final byte[] BODY = new byte[100];

    @Property(tries = 300)
    void hasAllThatPassedAndHoldsWhatItSays(
            @ForAll @Size(max = 200) List<@IntRange(min = 0, max = 5_000) Integer> sizes) {
        var all = new Transcripts(1 << 24);
        var transcript = all.begin(HttpRequest.create(), BODY);
        var sent = new ByteArrayOutputStream();
        for (var nth = 0; nth < sizes.size(); nth++) {
            var piece = new byte[sizes.get(nth)];
            java.util.Arrays.fill(piece, (byte) nth);
            sent.writeBytes(piece);
            transcript.add(ByteString.fromArrayUnsafe(piece));
            // Whoever looks meanwhile sees what there is, and changes nothing.
            assertThat(joined(transcript)).hasSize(sent.size());
        }

        assertThat(joined(transcript)).isEqualTo(sent.toByteArray());
        assertThat(all.held()).isEqualTo(transcript.bytes()).isGreaterThanOrEqualTo(BODY.length + sent.size());
        transcript.free();
        assertThat(all.held()).isZero();
        assertThat(transcript.answer()).isEmpty();
    }

    @Test
    void isLostAsAWholeWhenThereIsNoRoom() {
        var all = new Transcripts(10_000);
        var transcript = all.begin(HttpRequest.create(), BODY);
        for (var nth = 0; nth < 100; nth++) {
            transcript.add(ByteString.fromArrayUnsafe(new byte[500]));
            assertThat(all.held()).isLessThanOrEqualTo(10_000);
        }

        assertThat(transcript.isLost()).isTrue();
        assertThat(transcript.answer()).isEmpty();
        assertThat(all.held()).isZero();
        assertThat(all.dropped()).isEqualTo(1);
    }

    @Test
    void thousandsOfEventsAreFewPieces() {
        var transcript = new Transcripts(1 << 24).begin(HttpRequest.create(), BODY);
        for (var nth = 0; nth < 10_000; nth++) {
            transcript.add(ByteString.fromArrayUnsafe(new byte[200]));
        }

        assertThat(transcript.answer()).hasSizeLessThan(200);
    }

    private static byte[] joined(Transcript transcript) {
        var joined = new ByteArrayOutputStream();
        transcript.answer().forEach(piece -> joined.writeBytes(piece.toArray()));
        return joined.toByteArray();
    }
}

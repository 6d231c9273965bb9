package dev.sluice.wire;

import java.util.Arrays;
import org.apache.pekko.util.ByteString;

/** Feeds an answer to a reader in pieces, as a network might. */
final class Feeding {
    private Feeding() {}

    /** What the client gets for a body that is cut at these places. */
    static byte[] pieces(AnswerReader reader, byte[] body, int... cuts) {
        var sent = ByteString.emptyByteString();
        int from = 0;
        for (int cut : cuts) {
            sent = sent.concat(reader.read(ByteString.fromArray(Arrays.copyOfRange(body, from, cut))));
            from = cut;
        }
        sent = sent.concat(reader.read(ByteString.fromArray(Arrays.copyOfRange(body, from, body.length))));
        return sent.concat(reader.end()).toArray();
    }

    static int[] everyByte(byte[] body) {
        int[] cuts = new int[body.length];
        Arrays.setAll(cuts, i -> i);
        return cuts;
    }
}

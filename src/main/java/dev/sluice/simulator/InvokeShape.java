package dev.sluice.simulator;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.simulator.Script.Cue;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.apache.pekko.util.ByteString;

/** Bedrock's InvokeModel with a model of Anthropic's: its messages, its events in base64, and Bedrock's metrics in the last one. */
final class InvokeShape implements AmazonShape {
    private static final String DATA = "data: ";
    private static final String STOP = "{\"type\":\"message_stop\"}";

    private final MessagesShape messages = new MessagesShape();

    @Override
    public ObjectNode whole(Plan plan, String text) {
        return messages.whole(plan, text);
    }

    @Override
    public Frames events(Plan plan) {
        var events = messages.events(plan);
        return Frames.of(events.size(), index -> {
            var event = events.frame(index).utf8String();
            var data = event.substring(event.indexOf(DATA) + DATA.length()).strip();
            return chunk(data.equals(STOP) && !plan.has(Cue.NO_USAGE) ? stop(plan.tokens()) : data);
        });
    }

    private static ByteString chunk(String event) {
        var bytes = Base64.getEncoder().encodeToString(event.getBytes(StandardCharsets.UTF_8));
        return AmazonFrame.event("chunk", "{\"bytes\":\"" + bytes + "\",\"p\":\"abcdefghijk\"}");
    }

    private static String stop(Tokens tokens) {
        var stop = Shape.object().put("type", "message_stop");
        stop.putObject("amazon-bedrock-invocationMetrics")
                .put("inputTokenCount", tokens.input())
                .put("outputTokenCount", tokens.output())
                .put("invocationLatency", 2405)
                .put("firstByteLatency", 801)
                .put("cacheReadInputTokenCount", tokens.cached())
                .put("cacheWriteInputTokenCount", tokens.write() + tokens.write1h());
        return stop.toString();
    }
}

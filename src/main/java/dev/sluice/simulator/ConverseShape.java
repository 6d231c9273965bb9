package dev.sluice.simulator;

import static dev.sluice.simulator.Shape.object;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.simulator.Plan.Finish;
import dev.sluice.simulator.Script.Cue;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.util.ByteString;

/** Bedrock's Converse: content in blocks, usage with the last event. */
final class ConverseShape implements AmazonShape {
    @Override
    public ObjectNode whole(Plan plan, String text) {
        var answer = object();
        answer.putObject("metrics").put("latencyMs", 1201);
        var message = answer.putObject("output").putObject("message").put("role", "assistant");
        var content = message.putArray("content");
        if (thinks(plan)) {
            content.addObject()
                    .putObject("reasoningContent")
                    .putObject("reasoningText")
                    .put("text", "Think.")
                    .put("signature", "c2lt");
        }
        if (plan.prose().pieces() > 0) {
            content.addObject().put("text", text);
        }
        for (var call : plan.calls()) {
            content.addObject().set("toolUse", toolUse(call).set("input", Answers.parsed(call.arguments())));
        }
        answer.put("stopReason", stopReason(plan));
        if (!plan.has(Cue.NO_USAGE)) {
            answer.set("usage", usage(plan.tokens()));
        }
        return answer;
    }

    @Override
    public Frames events(Plan plan) {
        var head = new ArrayList<ByteString>();
        head.add(event("messageStart", object().put("role", "assistant")));
        var index = 0;
        if (thinks(plan)) {
            head.add(delta(index, object().set("reasoningContent", object().put("text", "Think."))));
            head.add(delta(index, object().set("reasoningContent", object().put("signature", "c2lt"))));
            head.add(blockStop(index++));
        }
        var texts = plan.prose().pieces() > 0;
        var textIndex = index;
        var tail = new ArrayList<ByteString>();
        if (texts) {
            tail.add(blockStop(textIndex));
            index++;
        }
        for (var call : plan.calls()) {
            toolUse(tail, index++, call);
        }
        ending(tail, plan);
        return Frames.of(
                head,
                plan.prose().pieces(),
                piece -> delta(textIndex, object().put("text", plan.prose().piece(piece))),
                tail);
    }

    private static void toolUse(List<ByteString> events, int index, Plan.Call call) {
        var start = object().put("contentBlockIndex", index);
        start.putObject("start").set("toolUse", toolUse(call));
        events.add(event("contentBlockStart", start));
        for (var part : ChatShape.halved(call.arguments())) {
            events.add(delta(index, object().set("toolUse", object().put("input", part))));
        }
        events.add(blockStop(index));
    }

    private static void ending(List<ByteString> events, Plan plan) {
        if (!plan.has(Cue.NO_TERMINAL)) {
            events.add(event("messageStop", object().put("stopReason", stopReason(plan))));
        }
        if (!plan.has(Cue.NO_USAGE)) {
            var metadata = object();
            metadata.putObject("metrics").put("latencyMs", 1477);
            metadata.set("usage", usage(plan.tokens()));
            events.add(event("metadata", metadata));
        }
    }

    private static ByteString delta(int index, ObjectNode delta) {
        return event(
                "contentBlockDelta", object().put("contentBlockIndex", index).set("delta", delta));
    }

    private static ByteString blockStop(int index) {
        return event("contentBlockStop", object().put("contentBlockIndex", index));
    }

    private static ByteString event(String type, ObjectNode payload) {
        return AmazonFrame.event(type, payload.put("p", "abcdefgh").toString());
    }

    private static ObjectNode toolUse(Plan.Call call) {
        return object().put("toolUseId", "tooluse_" + call.id()).put("name", call.name());
    }

    private static boolean thinks(Plan plan) {
        return plan.tokens().reasoning() > 0;
    }

    private static String stopReason(Plan plan) {
        return switch (plan.finish()) {
            case Finish.STOP -> "end_turn";
            case Finish.LENGTH -> "max_tokens";
            case Finish.TOOLS -> "tool_use";
        };
    }

    private static ObjectNode usage(Tokens tokens) {
        var written = tokens.write() + tokens.write1h();
        var usage = object().put("inputTokens", tokens.input())
                .put("outputTokens", tokens.output())
                .put("totalTokens", tokens.input() + tokens.cached() + written + tokens.output())
                .put("cacheReadInputTokens", tokens.cached())
                .put("cacheWriteInputTokens", written);
        var details = usage.putArray("cacheDetails");
        details.addObject().put("ttl", "1h").put("inputTokens", tokens.write1h());
        details.addObject().put("ttl", "5m").put("inputTokens", tokens.write());
        return usage;
    }
}

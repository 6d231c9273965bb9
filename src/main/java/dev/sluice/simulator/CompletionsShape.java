package dev.sluice.simulator;

import static dev.sluice.simulator.Shape.object;
import static dev.sluice.simulator.Shape.utf8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.simulator.Plan.Finish;
import dev.sluice.simulator.Script.Cue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/** OpenAI's completions of old: as chat, with bare text in its choices. */
final class CompletionsShape implements Shape {
    @Override
    public String limitAt() {
        return "/max_tokens";
    }

    @Override
    public ObjectNode whole(Plan plan, String text) {
        var answer = envelope(plan);
        answer.putArray("choices").add(choice(text, finish(plan)));
        if (!plan.has(Cue.NO_USAGE)) {
            answer.set("usage", ChatShape.usage(plan.tokens()));
        }
        return answer;
    }

    @Override
    public Frames events(Plan plan) {
        var halves = chunk(plan, TEXT_HERE, null).split(TEXT_HERE, 2);
        var tail = new ArrayList<ByteString>();
        if (!plan.has(Cue.NO_TERMINAL)) {
            tail.add(utf8(chunk(plan, "", finish(plan))));
        }
        if (ChatShape.usageAsked(plan)) {
            var last = envelope(plan);
            last.putArray("choices");
            last.set("usage", ChatShape.usage(plan.tokens()));
            tail.add(utf8("data: " + last + "\n\n"));
        }
        if (!plan.has(Cue.NO_DONE)) {
            tail.add(utf8("data: [DONE]\n\n"));
        }
        return Frames.of(
                List.of(),
                plan.prose().pieces(),
                index -> utf8(halves[0] + plan.prose().piece(index) + halves[1]),
                tail);
    }

    private static String chunk(Plan plan, String text, @Nullable String finish) {
        var chunk = envelope(plan);
        chunk.putArray("choices").add(choice(text, finish));
        if (ChatShape.usageAsked(plan)) {
            chunk.putNull("usage");
        }
        return "data: " + chunk + "\n\n";
    }

    private static ObjectNode choice(String text, @Nullable String finish) {
        return object().put("text", text).put("index", 0).putNull("logprobs").put("finish_reason", finish);
    }

    private static ObjectNode envelope(Plan plan) {
        return object().put("id", plan.id("cmpl-"))
                .put("object", "text_completion")
                .put("created", NOW)
                .put("model", plan.asked().model());
    }

    private static String finish(Plan plan) {
        return plan.finish() == Finish.LENGTH ? "length" : "stop";
    }

    @Override
    public String error(int status, String message, String requestId) {
        return ChatShape.openAiError(status, message);
    }

    @Override
    public ByteString errorEvent(String requestId) {
        return new ChatShape().errorEvent(requestId);
    }

    @Override
    public Map<String, String> headers(String requestId, boolean exhausted) {
        return ChatShape.openAiHeaders(requestId, exhausted);
    }
}

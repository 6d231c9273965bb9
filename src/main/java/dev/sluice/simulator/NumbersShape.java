package dev.sluice.simulator;

import static dev.sluice.simulator.Shape.object;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.simulator.Script.Cue;
import java.util.Map;
import org.apache.pekko.util.ByteString;

/** Answers that are numbers: OpenAI's embeddings and moderations, and the rerank of others. Never a stream. */
record NumbersShape(Kind kind) implements Shape {
    /** Three numbers as OpenAI's client asks for them: 0.5, -0.25, 0.125 as floats. */
    private static final String BASE64 = "AAAAPwAAgL4AAAA+";

    enum Kind {
        EMBEDDINGS,
        MODERATION,
        RERANK
    }

    @Override
    public String limitAt() {
        return "";
    }

    @Override
    public ObjectNode whole(Plan plan, String text) {
        return switch (kind) {
            case EMBEDDINGS -> embeddings(plan);
            case MODERATION -> moderation(plan);
            case RERANK -> rerank(plan);
        };
    }

    private static ObjectNode embeddings(Plan plan) {
        var body = plan.asked().body();
        var answer = object().put("object", "list");
        var data = answer.putArray("data");
        var count = body.path("input").isArray() && body.path("input").path(0).isTextual()
                ? body.path("input").size()
                : 1;
        for (var index = 0; index < count; index++) {
            var each = data.addObject().put("object", "embedding").put("index", index);
            if (body.path("encoding_format").asText().equals("base64")) {
                each.put("embedding", BASE64);
            } else {
                each.putArray("embedding").add(0.5).add(-0.25).add(0.125);
            }
        }
        answer.put("model", plan.asked().model());
        return withUsage(answer, plan);
    }

    private static ObjectNode moderation(Plan plan) {
        var answer =
                object().put("id", plan.id("modr-")).put("model", plan.asked().model());
        var result = answer.putArray("results").addObject().put("flagged", false);
        result.putObject("categories").put("violence", false);
        result.putObject("category_scores").put("violence", 0.001);
        return answer;
    }

    private static ObjectNode rerank(Plan plan) {
        var answer =
                object().put("id", plan.id("rerank-")).put("model", plan.asked().model());
        var results = answer.putArray("results");
        JsonNode documents = plan.asked().body().path("documents");
        for (var index = 0; index < documents.size(); index++) {
            results.addObject().put("index", index).put("relevance_score", 1.0 / (index + 1));
        }
        return withUsage(answer, plan);
    }

    private static ObjectNode withUsage(ObjectNode answer, Plan plan) {
        if (!plan.has(Cue.NO_USAGE)) {
            var prompt = plan.tokens().prompt();
            answer.putObject("usage").put("prompt_tokens", prompt).put("total_tokens", prompt);
        }
        return answer;
    }

    /** Nobody streams numbers; who asks for it gets the document as one event. */
    @Override
    public Frames events(Plan plan) {
        return Frames.of(1, _ -> Shape.utf8("data: " + whole(plan, "") + "\n\n"));
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

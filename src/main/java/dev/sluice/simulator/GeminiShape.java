package dev.sluice.simulator;

import static dev.sluice.simulator.Shape.object;
import static dev.sluice.simulator.Shape.utf8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.simulator.Plan.Finish;
import dev.sluice.simulator.Script.Cue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.util.ByteString;

/**
 * Gemini's generateContent: every chunk is a whole answer with running totals, calls come whole, nothing marks the end but the reason.
 *
 * @param array  whether a stream is one array of chunks and not events
 * @param vertex whether it is Vertex AI that answers
 */
record GeminiShape(boolean array, boolean vertex) implements Shape {
    private static final String SIGNATURE = "CoQBc2ltdWxhdGVkU2lnbmF0dXJl";

    @Override
    public String limitAt() {
        return "/generationConfig/maxOutputTokens";
    }

    @Override
    public ObjectNode whole(Plan plan, String text) {
        var answer = object();
        var candidate = answer.putArray("candidates").addObject();
        var parts = candidate.putObject("content").put("role", "model").putArray("parts");
        if (plan.tokens().reasoning() > 0) {
            parts.addObject().put("text", "Think.").put("thought", true);
        }
        if (plan.prose().pieces() > 0) {
            parts.addObject().put("text", text);
        }
        plan.calls().forEach(call -> parts.add(part(call)));
        finish(candidate, plan);
        return ending(answer, plan, plan.tokens().output());
    }

    @Override
    public Frames events(Plan plan) {
        var head = new ArrayList<ByteString>();
        if (plan.tokens().reasoning() > 0) {
            head.add(chunk(plan, List.of(object().put("text", "Think.").put("thought", true)), 0));
        }
        var tail = new ArrayList<ByteString>();
        if (!plan.calls().isEmpty()) {
            tail.add(chunk(plan, plan.calls().stream().map(this::part).toList(), 0));
        }
        tail.add(last(plan));
        var around = chunk(plan, List.of(object().put("text", TEXT_HERE)), 1)
                .utf8String()
                .split(TEXT_HERE, 2);
        var frames = Frames.of(
                head,
                plan.prose().pieces(),
                piece -> utf8(around[0] + plan.prose().piece(piece) + around[1]),
                tail);
        return array ? inArray(frames) : frames;
    }

    private static Frames inArray(Frames frames) {
        var end = frames.size() - 1;
        return Frames.of(
                frames.size(),
                index -> utf8(index == 0 ? "[" : ",\r\n")
                        .concat(frames.frame(index))
                        .concat(utf8(index == end ? "]" : "")));
    }

    private ByteString chunk(Plan plan, List<ObjectNode> parts, long output) {
        var answer = object();
        answer.putArray("candidates")
                .addObject()
                .put("index", 0)
                .putObject("content")
                .put("role", "model")
                .putArray("parts")
                .addAll(parts);
        return framed(ending(answer, plan, output));
    }

    private ByteString last(Plan plan) {
        var answer = object();
        var candidate = answer.putArray("candidates").addObject();
        candidate
                .putObject("content")
                .put("role", "model")
                .putArray("parts")
                .addObject()
                .put("text", "")
                .put("thoughtSignature", SIGNATURE);
        finish(candidate, plan);
        return framed(ending(answer, plan, plan.tokens().output()));
    }

    private ByteString framed(ObjectNode answer) {
        return utf8(array ? answer.toPrettyString() : "data: " + answer + "\r\n\r\n");
    }

    private static void finish(ObjectNode candidate, Plan plan) {
        candidate.put("index", 0);
        if (!plan.has(Cue.NO_TERMINAL)) {
            candidate.put("finishReason", plan.finish() == Finish.LENGTH ? "MAX_TOKENS" : "STOP");
        }
    }

    private ObjectNode part(Plan.Call call) {
        var part = object();
        var called = part.putObject("functionCall").put("name", call.name());
        called.set("args", Answers.parsed(call.arguments()));
        if (!vertex) {
            called.put("id", "fc-" + call.id());
        }
        return part.put("thoughtSignature", SIGNATURE);
    }

    private ObjectNode ending(ObjectNode answer, Plan plan, long output) {
        if (!plan.has(Cue.NO_USAGE)) {
            answer.set("usageMetadata", usage(plan.tokens(), output));
        }
        return answer.put("modelVersion", plan.asked().model()).put("responseId", plan.id("resp-"));
    }

    private ObjectNode usage(Tokens tokens, long output) {
        var reasoning = tokens.reasoning();
        var usage = object().put("promptTokenCount", tokens.prompt())
                .put("candidatesTokenCount", Math.max(0, output - reasoning))
                .put("totalTokenCount", tokens.prompt() + Math.max(output, reasoning));
        if (tokens.cached() > 0) {
            usage.put("cachedContentTokenCount", tokens.cached());
        }
        if (reasoning > 0) {
            usage.put("thoughtsTokenCount", reasoning);
        }
        return vertex ? usage.put("trafficType", "ON_DEMAND") : usage;
    }

    @Override
    public ContentType streamType() {
        return array ? ContentTypes.APPLICATION_JSON : Shape.super.streamType();
    }

    @Override
    public ObjectNode counted(long tokens) {
        return object().put("totalTokens", tokens);
    }

    @Override
    public ObjectNode embedded(long tokens) {
        var answer = object();
        answer.putObject("embedding").putArray("values").add(0.1).add(-0.2);
        if (!vertex) {
            answer.putArray("embeddings")
                    .addObject()
                    .putArray("values")
                    .add(0.1)
                    .add(-0.2);
            return answer;
        }
        var embeddings = answer.putArray("predictions").addObject().putObject("embeddings");
        embeddings.putObject("statistics").put("truncated", false).put("token_count", tokens);
        embeddings.putArray("values").add(0.1).add(-0.2);
        return answer;
    }

    @Override
    public String error(int status, String message, String requestId) {
        var error = googleError(status, message).toString();
        return array ? "[" + error + "]" : error;
    }

    @Override
    public ByteString errorEvent(String requestId) {
        var error = googleError(503, "The model is overloaded. Please try again later.");
        return array ? utf8(",\r\n" + error + "]") : framed(error);
    }

    private static ObjectNode googleError(int status, String message) {
        var answer = object();
        var error = answer.putObject("error")
                .put("code", status)
                .put("message", message)
                .put("status", word(status));
        if (status == 429) {
            error.putArray("details")
                    .addObject()
                    .put("@type", "type.googleapis.com/google.rpc.RetryInfo")
                    .put("retryDelay", "17s");
        }
        return answer;
    }

    private static String word(int status) {
        return switch (status) {
            case 401 -> "UNAUTHENTICATED";
            case 403 -> "PERMISSION_DENIED";
            case 404 -> "NOT_FOUND";
            case 429 -> "RESOURCE_EXHAUSTED";
            case 503 -> "UNAVAILABLE";
            case 504 -> "DEADLINE_EXCEEDED";
            default -> status < 500 ? "INVALID_ARGUMENT" : "INTERNAL";
        };
    }

    @Override
    public Map<String, String> headers(String requestId, boolean exhausted) {
        return vertex
                ? Map.of("server-timing", "gfet4t7; dur=12")
                : Map.of("server-timing", "gfet4t7; dur=12", "x-gemini-service-tier", "standard");
    }
}

package dev.sluice.simulator;

import static dev.sluice.simulator.Shape.event;
import static dev.sluice.simulator.Shape.object;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.simulator.Script.Cue;
import java.util.List;
import java.util.Map;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/** OpenAI's pictures, speech and transcripts: documents, a file of sound, and typed events. */
record MediaShape(Kind kind) implements Shape {
    /** Not a picture, and not sound; but nobody here looks. */
    private static final String BASE64 = "iVBORw0KGgo=";

    enum Kind {
        PICTURES("image_generation.partial_image", "image_generation.completed"),
        EDITED_PICTURES("image_edit.partial_image", "image_edit.completed"),
        SPEECH("speech.audio.delta", "speech.audio.done"),
        TRANSCRIPT("transcript.text.delta", "transcript.text.done");

        private final String delta;
        private final String done;

        Kind(String delta, String done) {
            this.delta = delta;
            this.done = done;
        }
    }

    @Override
    public String limitAt() {
        return "";
    }

    @Override
    public ObjectNode whole(Plan plan, String text) {
        var answer = object();
        if (kind == Kind.TRANSCRIPT) {
            answer.put("text", text);
        } else {
            answer.put("created", NOW).putArray("data").addObject().put("b64_json", BASE64);
        }
        return withUsage(answer, plan);
    }

    @Override
    public @Nullable ByteString file(Plan plan, String text) {
        return kind == Kind.SPEECH ? Shape.utf8("ID3" + text) : null;
    }

    @Override
    public Frames events(Plan plan) {
        var done = object().put("type", kind.done);
        switch (kind) {
            case PICTURES, EDITED_PICTURES -> done.put("b64_json", BASE64);
            case TRANSCRIPT -> done.put("text", plan.prose().whole());
            case SPEECH -> {}
        }
        List<ByteString> tail =
                plan.has(Cue.NO_TERMINAL) ? List.of() : List.of(event(kind.done, withUsage(done, plan)));
        return Frames.of(List.of(), plan.prose().pieces(), index -> event(kind.delta, delta(plan, index)), tail);
    }

    private ObjectNode delta(Plan plan, int index) {
        var delta = object().put("type", kind.delta);
        return switch (kind) {
            case PICTURES, EDITED_PICTURES -> delta.put("b64_json", BASE64).put("partial_image_index", index);
            case SPEECH -> delta.put("audio", BASE64);
            case TRANSCRIPT -> delta.put("delta", plan.prose().piece(index));
        };
    }

    private ObjectNode withUsage(ObjectNode answer, Plan plan) {
        if (plan.has(Cue.NO_USAGE)) {
            return answer;
        }
        var tokens = plan.tokens();
        var usage = answer.putObject("usage");
        if (kind == Kind.TRANSCRIPT) {
            usage.put("type", "tokens");
            usage.putObject("input_token_details").put("text_tokens", 0).put("audio_tokens", tokens.prompt());
        } else if (kind != Kind.SPEECH) {
            usage.putObject("input_tokens_details")
                    .put("text_tokens", tokens.prompt())
                    .put("image_tokens", 0);
        }
        usage.put("input_tokens", tokens.prompt())
                .put("output_tokens", tokens.output())
                .put("total_tokens", tokens.prompt() + tokens.output());
        return answer;
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

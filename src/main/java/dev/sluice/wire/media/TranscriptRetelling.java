package dev.sluice.wire.media;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.wire.JsonTrees;
import dev.sluice.wire.Retelling;
import org.jspecify.annotations.Nullable;

/** A transcript, put together from its events; the last one tells the text again. */
final class TranscriptRetelling implements Retelling {
    private final ObjectNode document = JsonTrees.object();

    @Override
    public void take(ObjectNode event) {
        switch (event.path("type").asText()) {
            case "transcript.text.delta" -> {
                JsonTrees.append(document, "text", event.path("delta").asText());
                if (event.get("logprobs") instanceof ArrayNode told) {
                    JsonTrees.arrayAt(document, "logprobs").addAll(told);
                }
            }
            case "transcript.text.segment" -> {
                event.remove("type");
                JsonTrees.arrayAt(document, "segments").add(event);
            }
            default -> {
                event.remove("type");
                document.setAll(event);
            }
        }
    }

    @Override
    public void fail(String type, ObjectNode event) {
        document.set("error", event.has("error") ? event.get("error") : event);
    }

    @Override
    public @Nullable ObjectNode told() {
        return document.isEmpty() ? null : document;
    }
}

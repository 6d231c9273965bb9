package dev.sluice.wire.numbers;

import dev.sluice.wire.Operation.Purpose;
import dev.sluice.wire.RequestShape;
import java.util.Set;

/** OpenAI's embeddings, as many other servers make them, too. */
public final class Embeddings extends NumberFormat {
    public Embeddings() {
        super(
                RequestShape.ofPrompts("openai_embeddings", Set.of("input"), Set.of()),
                "oaem",
                Purpose.GENERATE,
                "/v1/embeddings",
                "/embeddings");
    }
}

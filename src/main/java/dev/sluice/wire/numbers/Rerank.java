package dev.sluice.wire.numbers;

import dev.sluice.wire.Operation.Purpose;
import dev.sluice.wire.RequestShape;
import java.util.Set;

/**
 * Rerank as Cohere ({@code /v2/rerank}), Jina and vLLM ({@code /v1/rerank}, {@code /rerank}) have it: a query, and documents to be put
 * in order. OpenAI has none, but its clients' base URL leads to these. Cohere bills searches in place of tokens.
 */
public final class Rerank extends NumberFormat {
    public Rerank() {
        super(
                RequestShape.ofPrompts("rerank", Set.of("documents"), Set.of("query")),
                "rera",
                Purpose.GENERATE,
                "/v1/rerank",
                "/rerank",
                "/v2/rerank");
    }
}

package dev.sluice.export;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** What was said in requests, from whoever keeps it. */
interface Captured {
    /** Nothing is kept. */
    Captured NOTHING = new Captured() {
        @Override
        public CompletionStage<Optional<ObjectNode>> find(String requestId) {
            return CompletableFuture.completedFuture(Optional.empty());
        }

        @Override
        public void exported(long offset) {}
    };

    /** As it goes into a record; binary nodes are raw bodies. */
    CompletionStage<Optional<ObjectNode>> find(String requestId);

    /** Everything up to this offset of the journal, included, is in the bucket. May be said more than once. */
    void exported(long offset);
}

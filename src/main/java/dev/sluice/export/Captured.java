package dev.sluice.export;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;

/** What was said in requests, from whoever keeps it. */
interface Captured {
    /** Nothing is kept. */
    Captured NOTHING = new Captured() {
        @Override
        public CompletionStage<Optional<ObjectNode>> find(String requestId) {
            return CompletableFuture.completedFuture(Optional.empty());
        }

        @Override
        public Duration delay() {
            return Duration.ZERO;
        }

        @Override
        public CompletionStage<Long> exportedUpTo() {
            return CompletableFuture.completedFuture(Long.MAX_VALUE);
        }

        @Override
        public CompletionStage<Done> exported(Collection<String> requestIds, long offset) {
            return CompletableFuture.completedFuture(Done.getInstance());
        }
    };

    /** As it goes into a record; binary nodes are raw bodies. */
    CompletionStage<Optional<ObjectNode>> find(String requestId);

    /** How long after an exchange was recorded it may still be on its way to where it is found. */
    Duration delay();

    /** The offset of the journal that was told last. */
    CompletionStage<Long> exportedUpTo();

    /** These are in the bucket, and with them all up to this offset of the journal. */
    CompletionStage<Done> exported(Collection<String> requestIds, long offset);
}

package dev.sluice.identity;

import java.net.InetAddress;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpRequest;

/** One way of knowing a caller. Never throws for what a request contains. */
interface Resolver {

    /** What a resolver says. */
    sealed interface Answer {}

    /** It is this caller; nobody else is asked. */
    record Known(CompletionStage<Optional<Caller>> caller) implements Answer {
        static Known of(Caller caller) {
            return new Known(CompletableFuture.completedStage(Optional.of(caller)));
        }
    }

    /** Somebody claims to be a caller and it cannot be believed; nobody else is asked. */
    record Doubted(String why) implements Answer {}

    /** Not for this resolver to say. */
    record Unknown() implements Answer {
        static final Unknown INSTANCE = new Unknown();
    }

    Answer resolve(InetAddress peer, HttpRequest request);
}

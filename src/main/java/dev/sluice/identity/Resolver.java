package dev.sluice.identity;

import java.net.InetSocketAddress;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpRequest;

/** One way of knowing a caller. Never throws for what a request contains, and never blocks. */
public interface Resolver {

    /** What a resolver says. */
    sealed interface Answer {}

    /** It is this caller; nobody else is asked. */
    record Known(Identified identified) implements Answer {
        /** Known by something that is no credential of the request. */
        static Known of(Caller caller) {
            return new Known(Identified.of(caller));
        }
    }

    /**
     * Somebody claims to be a caller and it cannot be believed; nobody else is asked.
     *
     * @param why for the log; holds nothing of a credential
     */
    record Doubted(String why) implements Answer {}

    /** Somebody claims to be a caller, and whoever knows gives no answer now; nobody else is asked. {@code why} as above. */
    record Unanswered(String why) implements Answer {}

    /** Not for this resolver to say. */
    record Unknown() implements Answer {
        public static final Unknown INSTANCE = new Unknown();
    }

    /** It has to ask somebody first. A stage that fails is a doubt. */
    record Asking(CompletionStage<Answer> answer) implements Answer {}

    /**
     * Says who a request is from.
     *
     * @param peer has an address; one object for all requests of a connection, another one for every other connection
     */
    Answer resolve(InetSocketAddress peer, HttpRequest request);

    /**
     * Lower-case names of the headers whose credential is meant for this resolver, good or not. Where somebody else knew the caller first,
     * they are kept from everybody behind the gate all the same: whoever saw one could use it here.
     */
    default Set<String> credentials(HttpRequest request) {
        return Set.of();
    }
}

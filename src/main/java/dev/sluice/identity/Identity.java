package dev.sluice.identity;

import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpRequest;

/** Knows who is calling: a chain of resolvers, the first that knows wins. Nobody knows: empty, which is a denial. */
public interface Identity {

    /** Never fails: a resolver in trouble denies. Completed already when no resolver had to ask anybody. */
    CompletionStage<Optional<Caller>> identify(InetSocketAddress peer, HttpRequest request);

    /** Lower-case names of headers that carry identity; they are never sent upstream. */
    Set<String> headers();
}

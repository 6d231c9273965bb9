package dev.sluice.identity;

import dev.sluice.key.GatewayKeys;
import dev.sluice.key.GatewayKeys.Refused;
import dev.sluice.key.GatewayKeys.Valid;
import dev.sluice.key.GatewayKeys.Verdict;
import dev.sluice.key.KeyRecord;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.http.javadsl.model.HttpRequest;

/**
 * Knows callers by a key of this gateway. Other keys are a provider's business and left alone; one of ours that does not hold is a denial, whatever
 * else the request says.
 */
final class KeyResolver implements Resolver {
    /** Callers at a time, not ever: when full it starts over. */
    private static final int MOST_KNOWN = 4096;

    private static final Answer TWO_KEYS = new Doubted("two different gateway keys in one request");

    private final GatewayKeys keys;
    private final ConcurrentHashMap<String, Holder> holders = new ConcurrentHashMap<>();

    /** Made once for a key, since what a caller may is worked out for each that is new. */
    private record Holder(KeyRecord key, Answer answer) {}

    KeyResolver(GatewayKeys keys) {
        this.keys = keys;
    }

    @Override
    public Answer resolve(InetSocketAddress peer, HttpRequest request) {
        var presented = PresentedKey.in(request);
        var text = presented.text();
        if (text == null) {
            return Unknown.INSTANCE;
        }
        return presented.several() ? TWO_KEYS : resolve(text);
    }

    private Answer resolve(String text) {
        var verdict = keys.verify(text).toCompletableFuture();
        // Mostly known at once; then nothing changes threads.
        if (verdict.state() == CompletableFuture.State.SUCCESS) {
            return answer(verdict.resultNow());
        }
        return new Asking(verdict.thenApply(this::answer));
    }

    private Answer answer(Verdict verdict) {
        return switch (verdict) {
            case Valid(var key) -> holder(key).answer();
            case Refused(var why) -> new Doubted(why);
        };
    }

    private Holder holder(KeyRecord key) {
        var known = holders.get(key.id());
        if (known != null && known.key().equals(key)) {
            return known;
        }
        var holder = new Holder(key, Known.of(caller(key)));
        if (holders.size() >= MOST_KNOWN) {
            holders.clear();
        }
        holders.put(key.id(), holder);
        return holder;
    }

    /** The key stands for a machine: buckets for each node tell one from the other, and so does the log. */
    private static Caller caller(KeyRecord key) {
        var terms = key.terms();
        var login = terms.tags().isEmpty() ? terms.owner() : String.join(",", terms.tags());
        var quota = terms.quota() == null ? null : terms.quota().rule(key.bucket());
        return new Caller(
                login,
                terms.name(),
                "key:" + key.id(),
                terms.tags(),
                List.of(),
                false,
                List.of(),
                new Restriction(terms.models(), quota, terms.allowAdmin()));
    }
}

package dev.sluice.identity;

import dev.sluice.key.GatewayKeys;
import dev.sluice.key.GatewayKeys.Refused;
import dev.sluice.key.GatewayKeys.Unsaid;
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

    /** Made once for a key, since what a caller may is worked out for each that is new; with where the key was shown last. */
    private record Holder(KeyRecord key, Known known) {
        Caller caller() {
            return known.identified().caller();
        }
    }

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
        return presented.several() ? TWO_KEYS : resolve(text, presented);
    }

    private Answer resolve(String text, PresentedKey presented) {
        var verdict = keys.verify(text).toCompletableFuture();
        // Mostly known at once; then nothing changes threads.
        if (verdict.state() == CompletableFuture.State.SUCCESS) {
            return answer(verdict.resultNow(), presented);
        }
        return new Asking(verdict.thenApply(told -> answer(told, presented)));
    }

    private Answer answer(Verdict verdict, PresentedKey presented) {
        return switch (verdict) {
            case Valid(var key) -> known(key, presented);
            case Refused(var why) -> new Doubted(why);
            case Unsaid(var why) -> new Unanswered(why);
        };
    }

    private Known known(KeyRecord key, PresentedKey presented) {
        var held = holders.get(key.id());
        if (held != null && !held.key().equals(key)) {
            held = null;
        }
        if (held != null && presented.isAt(held.known().identified())) {
            return held.known();
        }
        var known = new Known(presented.proofOf(held == null ? caller(key) : held.caller()));
        if (holders.size() >= MOST_KNOWN) {
            holders.clear();
        }
        holders.put(key.id(), new Holder(key, known));
        return known;
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

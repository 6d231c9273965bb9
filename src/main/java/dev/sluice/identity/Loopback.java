package dev.sluice.identity;

import java.net.InetSocketAddress;
import java.util.List;
import org.apache.pekko.http.javadsl.model.HttpRequest;

/**
 * Knows local peers: they are {@code (loopback)}.
 *
 * <p>Unless somebody forwarded the request to this machine. A proxy on the same machine, configured or not, is itself a local
 * peer; were its requests local too, then Funnel in front of it would make a local caller of the whole internet. Every
 * such proxy says so in a header, and a local program has no reason to.
 */
final class Loopback implements Resolver {
    private static final Answer LOCAL =
            Known.of(new Caller("(loopback)", "", "", List.of(), List.of(), true, List.of()));
    private static final Answer FORWARDED =
            new Doubted("a request from this machine says that it was forwarded; it is not taken for a local one");

    @Override
    public Answer resolve(InetSocketAddress peer, HttpRequest request) {
        if (!AddressRange.isLoopback(peer.getAddress())) {
            return Unknown.INSTANCE;
        }
        return isForwarded(request) ? FORWARDED : LOCAL;
    }

    private static boolean isForwarded(HttpRequest request) {
        for (var header : request.getHeaders()) {
            if (IdentityHeaders.tellsForwarding(header.lowercaseName())) {
                return true;
            }
        }
        return false;
    }
}

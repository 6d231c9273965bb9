package dev.sluice.identity;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.apache.pekko.http.javadsl.model.HttpRequest;

/**
 * Knows local peers: they are {@code (loopback)}.
 *
 * <p>Unless somebody forwarded the request to this machine. A proxy on the same machine, configured or not, is itself a local
 * peer; were its requests local too, then Funnel in front of it would make a local caller of the whole internet. Every
 * such proxy says so in a header, and a local program has no reason to.
 *
 * <p>Nor if a web page may be behind it, since browsers are local, too: one whose site's name was made to stand for this machine (the name is then
 * what is asked for), or one that sends what it cannot read the answer to.
 */
final class Loopback implements Resolver {
    private static final Answer LOCAL =
            Known.of(new Caller("(loopback)", "", "", List.of(), List.of(), true, List.of()));
    private static final Answer FORWARDED =
            new Doubted("a request from this machine says that it was forwarded; it is not taken for a local one");

    private static final Answer NAMED = new Doubted(
            "a request from this machine for another name (expected: localhost, an address, or a name without dots): a web page could have sent it");
    private static final Answer EMBEDDED =
            new Doubted("a request from this machine that a page of another site made a browser send");

    private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|\\[?[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*]?");

    @Override
    public Answer resolve(InetSocketAddress peer, HttpRequest request) {
        if (!AddressRange.isLoopback(peer.getAddress())) {
            return Unknown.INSTANCE;
        }
        for (var header : request.getHeaders()) {
            var name = header.lowercaseName();
            if (IdentityHeaders.tellsForwarding(name)) {
                return FORWARDED;
            }
            if (name.equals("sec-fetch-mode") && header.value().equals("no-cors")) {
                return EMBEDDED;
            }
        }
        return isOfThisMachine(request.getUri().host().address()) ? LOCAL : NAMED;
    }

    /** A name with dots in it may be anybody's, who lets it stand for 127.0.0.1 once their page is loaded. */
    private static boolean isOfThisMachine(String host) {
        return host.indexOf('.') < 0
                || ADDRESS.matcher(host).matches()
                || host.toLowerCase(Locale.ROOT).endsWith(".localhost");
    }
}

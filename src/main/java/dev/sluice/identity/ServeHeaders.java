package dev.sluice.identity;

import dev.sluice.config.GrantRule;
import dev.sluice.config.PolicyDocument;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.jspecify.annotations.Nullable;

/**
 * Knows callers by the headers of Tailscale Serve, and believes them from configured proxies only. From anybody else they
 * are not even read.
 *
 * <p>Serve sends no login for tagged machines, nor for Funnel, which is the public internet. Such a request is nobody's here;
 * and because it came from a proxy it must not pass for a local one either. A trusted peer that sends none of the headers is
 * a program on the proxy's machine and left to the next resolver.
 */
final class ServeHeaders implements Resolver {
    // A caller sends the same headers with every request, and capabilities take a JSON parser to read.
    private static final int MOST_KNOWN = 512;

    private final List<AddressRange> trusted;
    private final ConcurrentHashMap<Headers, Answer> known = new ConcurrentHashMap<>();

    /** What one request says, as it says it. */
    private record Headers(
            String login, @Nullable String name, @Nullable String capabilities) {}

    ServeHeaders(List<AddressRange> trusted) {
        this.trusted = List.copyOf(trusted);
    }

    @Override
    public Answer resolve(InetSocketAddress peer, HttpRequest request) {
        return AddressRange.anyContains(trusted, peer.getAddress()) ? read(request) : Unknown.INSTANCE;
    }

    private Answer read(HttpRequest request) {
        var said = new Said();
        for (var header : request.getHeaders()) {
            said.add(header.lowercaseName(), header.value());
        }
        if (said.twice) {
            return new Doubted("a proxy sent an identity header twice");
        }
        if (said.login == null) {
            return said.proxied ? new Doubted("a proxy sent no login: a tagged machine, or Funnel") : Unknown.INSTANCE;
        }
        return known(new Headers(said.login, said.name, said.capabilities));
    }

    /** Gathers what a request says. */
    private static final class Said {
        @Nullable
        String login;

        @Nullable
        String name;

        @Nullable
        String capabilities;

        boolean proxied;

        // Serve deletes what came in before it adds its own: of two, one is somebody else's.
        boolean twice;

        void add(String header, String value) {
            proxied |= IdentityHeaders.tellsProxy(header);
            switch (header) {
                case IdentityHeaders.LOGIN -> login = once(login, value);
                case IdentityHeaders.NAME -> name = once(name, value);
                case IdentityHeaders.CAPABILITIES -> capabilities = once(capabilities, value);
                default -> {
                    // Not about the caller.
                }
            }
        }

        private String once(@Nullable String before, String value) {
            twice |= before != null;
            return value;
        }
    }

    private Answer known(Headers headers) {
        var before = known.get(headers);
        if (before != null) {
            return before;
        }
        var answer = caller(headers);
        if (known.size() >= MOST_KNOWN) {
            known.clear();
        }
        known.put(headers, answer);
        return answer;
    }

    private static Answer caller(Headers headers) {
        var login = EncodedWords.decode(headers.login()).flatMap(Login::ofPerson);
        if (login.isEmpty()) {
            return new Doubted("a proxy sent a login that cannot be read, or is none of a person");
        }
        var carried = carried(headers.capabilities());
        if (carried.isEmpty()) {
            return new Doubted("a proxy sent capabilities that cannot be read");
        }
        // The name is only shown, so one that cannot be read is no reason to refuse.
        var name = Optional.ofNullable(headers.name()).flatMap(EncodedWords::decode);
        return Known.of(new Caller(login.get(), name.orElse(""), "", List.of(), List.of(), false, carried.get()));
    }

    /** Empty when the header cannot be read: grants that are lost may take quotas with them. */
    private static Optional<List<GrantRule>> carried(@Nullable String capabilities) {
        if (capabilities == null) {
            return Optional.of(List.of());
        }
        return EncodedWords.decode(capabilities)
                .flatMap(it ->
                        Optional.ofNullable(PolicyDocument.readCapabilities(it).grant()))
                .map(List::of);
    }
}

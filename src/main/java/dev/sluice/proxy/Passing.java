package dev.sluice.proxy;

import dev.sluice.identity.KeyParameter;
import dev.sluice.key.GatewayKeys;
import dev.sluice.provider.ClientCredential;
import dev.sluice.provider.Providers;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.pekko.http.javadsl.model.DateTime;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpMessage;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.Uri;
import org.apache.pekko.http.javadsl.model.headers.Date;
import org.apache.pekko.http.javadsl.model.headers.ProductVersion;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.model.headers.Server;

/** Which headers pass the gateway. End-to-end ones do, both ways; those of one hop and credentials do not. */
final class Passing {
    /** RFC 9110, 7.6.1, and what older proxies use. */
    private static final Set<String> HOP_BY_HOP = Set.of(
            "connection",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade");

    /**
     * Besides: client credentials (wherever clients put a key; cookies are the gateway's, not the provider's), what names
     * the gateway, what belongs to the entity, and what would make the provider compress its answer: the meter reads
     * plain bytes, and a compressed stream cannot be cut at an event.
     */
    private static final Set<String> NOT_UPSTREAM = Set.of(
            "authorization",
            "x-api-key",
            "x-goog-api-key",
            "api-key",
            "cf-aig-authorization",
            "x-amz-security-token",
            "cookie",
            "host",
            "expect",
            "accept-encoding",
            "content-length",
            "content-type",
            "raw-request-uri",
            "remote-address",
            "timeout-access",
            "forwarded",
            "x-real-ip");

    /** Said, not only left out: without a word about it a provider may compress as it likes (RFC 9110, 12.5.3). */
    private static final HttpHeader PLAIN_ANSWER = RawHeader.create("accept-encoding", "identity");

    /**
     * Pekko writes two itself, from the entity; which pages may read an answer is the grants' to say, not a provider's; and what a provider says
     * of its own host would be taken for the gateway's: where else to find it, that it speaks TLS for ever, what cookies it sets.
     */
    private static final Set<String> NOT_DOWNSTREAM = Set.of(
            "content-length",
            "content-type",
            "access-control-allow-origin",
            "access-control-allow-credentials",
            "access-control-allow-methods",
            "access-control-allow-headers",
            "access-control-expose-headers",
            "access-control-max-age",
            "alt-svc",
            "strict-transport-security",
            "set-cookie",
            "clear-site-data");

    private final Set<String> identity;

    /** @param identity lower-case names of headers that tell who calls */
    Passing(Set<String> identity) {
        this.identity = identity;
    }

    List<HttpHeader> upstream(HttpMessage request, boolean decoded) {
        var named = namedByConnection(request);
        var passed = new ArrayList<HttpHeader>();
        for (var header : request.getHeaders()) {
            var name = header.lowercaseName();
            if (!HOP_BY_HOP.contains(name)
                    && !NOT_UPSTREAM.contains(name)
                    && !identity.contains(name)
                    && !name.startsWith("x-forwarded-")
                    && !named.contains(name)
                    && !GatewayKeys.isIn(header.value())
                    && !(decoded && name.equals("content-encoding"))) {
                passed.add(header);
            }
        }
        passed.add(PLAIN_ANSWER);
        return passed;
    }

    /** Sets headers in place of whatever of the same names is there. */
    static void set(List<HttpHeader> headers, List<Map.Entry<String, String>> added) {
        if (added.isEmpty()) {
            return;
        }
        var names = added.stream()
                .map(header -> header.getKey().toLowerCase(Locale.ROOT))
                .collect(Collectors.toSet());
        headers.removeIf(header -> names.contains(header.lowercaseName()));
        added.forEach(header -> headers.add(RawHeader.create(header.getKey(), header.getValue())));
    }

    /** The outgoing request with the incoming one's credential, if that has one; nobody but the provider gets to see it. */
    HttpRequest withCredential(HttpRequest outgoing, HttpRequest incoming) {
        return ClientCredential.of(withoutGatewayKeys(incoming.getHeaders()), identity)
                .map(credential -> outgoing.addAttribute(Providers.CLIENT_CREDENTIAL, credential))
                .orElse(outgoing);
    }

    /** They open this gateway, and nobody else is to have them. */
    private static List<HttpHeader> withoutGatewayKeys(Iterable<HttpHeader> headers) {
        var rest = new ArrayList<HttpHeader>();
        for (var header : headers) {
            if (!GatewayKeys.isIn(header.value())) {
                rest.add(header);
            }
        }
        return rest;
    }

    /** A request's target at a provider. The query goes along, but for {@code key}: some clients put their credential there. */
    static Uri target(Uri sent, String path) {
        var query = sent.rawQueryString().orElse("");
        var rest = KeyParameter.without(query);
        if (rest.equals(query) && path.equals(sent.path())) {
            return sent;
        }
        return Uri.create(rest.isEmpty() ? path : path + "?" + rest);
    }

    List<HttpHeader> downstream(HttpMessage answer) {
        var named = namedByConnection(answer);
        var passed = new ArrayList<HttpHeader>();
        for (var header : answer.getHeaders()) {
            var name = header.lowercaseName();
            if (!HOP_BY_HOP.contains(name) && !NOT_DOWNSTREAM.contains(name) && !named.contains(name)) {
                renderable(header, name).ifPresent(passed::add);
            }
        }
        return passed;
    }

    /** Pekko renders two headers only when they are its own models, and writes a date of its own when there is none. */
    private static Optional<HttpHeader> renderable(HttpHeader header, String name) {
        return switch (name) {
            case "server" -> Optional.of(Server.create(ProductVersion.create(header.value(), "", "")));
            case "date" -> date(header.value());
            default -> Optional.of(header);
        };
    }

    private static Optional<HttpHeader> date(String value) {
        try {
            var instant = Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(value));
            return Optional.of(Date.create(DateTime.create(instant.toEpochMilli())));
        } catch (DateTimeException | IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    /** Headers that {@code Connection} names are of one hop, too. */
    private static Set<String> namedByConnection(HttpMessage message) {
        Set<String> named = Set.of();
        for (var header : message.getHeaders()) {
            if (header.lowercaseName().equals("connection")) {
                named = named.isEmpty() ? new HashSet<>() : named;
                named.addAll(List.of(header.value().toLowerCase(Locale.ROOT).split("[ \\t,]+", -1)));
            }
        }
        return named;
    }
}

package dev.sluice.proxy;

import dev.sluice.access.Permit;
import dev.sluice.config.ProviderRule.AuthMode;
import dev.sluice.wire.Splices;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.headers.RawRequestURI;
import org.apache.pekko.util.ByteString;

/** Makes the request for a provider out of the client's. */
record Outgoing(Passing passing) {

    /**
     * The request for the upstream that the request is routed to.
     *
     * @param plain the body without its content coding
     */
    HttpRequest request(Underway request, Permit permit, Body body, byte[] plain) {
        var incoming = request.call().request();
        var upstream = request.upstream();
        var edits = request.format.edits(
                request.head(), upstream.model(), upstream.provider().compatibility());
        // What is not edited goes out as it came, compressed or not.
        var decoded = (!edits.isEmpty() || request.isRewritten())
                && incoming.getHeader("content-encoding").isPresent();
        var bytes = edits.isEmpty() ? ByteString.fromArrayUnsafe(body.bytes) : Splices.apply(plain, edits);
        var headers = passing.upstream(incoming, decoded);
        Passing.set(headers, permit.addHeaders());
        var trace = request.trace();
        if (trace != null) {
            // The client's are of the span above.
            headers.removeIf(header -> header.lowercaseName().equals("traceparent")
                    || header.lowercaseName().equals("tracestate"));
            Passing.set(headers, trace.attempt(request));
        }
        var address = UpstreamAddress.of(request, incoming);
        if (address.firstLine() != null) {
            // Written in place of the URI, and no header.
            headers.add(RawRequestURI.create(address.firstLine()));
        }
        var outgoing = incoming.withUri(address.uri())
                .withHeaders(headers)
                .withEntity(HttpEntities.create(incoming.entity().getContentType(), bytes));
        return upstream.provider().authMode() == AuthMode.PASSTHROUGH
                ? passing.withCredential(outgoing, incoming)
                : outgoing;
    }
}

package dev.sluice.provider;

import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Flow.Publisher;
import java.util.concurrent.Flow.Subscriber;
import java.util.concurrent.Flow.Subscription;
import java.util.function.UnaryOperator;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCode;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.javadsl.JavaFlowSupport;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/** Requests and answers, from Pekko's words into the JDK's and back. */
final class Http2Message {
    /** Said by HTTP/2 itself, or forbidden there (RFC 9113, 8.2.2). */
    private static final Set<String> LEFT_OUT = Set.of(
            "connection",
            "content-length",
            "expect",
            "host",
            "keep-alive",
            "proxy-connection",
            "raw-request-uri",
            "te",
            "transfer-encoding",
            "upgrade");

    private Http2Message() {}

    /**
     * The request in the JDK's words.
     *
     * @throws IllegalArgumentException when it has none for it
     */
    static java.net.http.HttpRequest request(
            Target.Host host, HttpRequest request, HttpEntity.Strict body, Duration patience) {
        var target = request.getUri().toString();
        var agent = false;
        var builder = java.net.http.HttpRequest.newBuilder();
        for (var header : request.getHeaders()) {
            var name = header.lowercaseName();
            if (name.equals("raw-request-uri")) {
                target = header.value();
            } else if (!LEFT_OUT.contains(name)) {
                agent |= name.equals("user-agent");
                builder.header(name, header.value());
            }
        }
        if (!agent) {
            throw new IllegalArgumentException("the JDK's client would add a user agent of its own");
        }
        var type = body.getContentType();
        if (!type.equals(ContentTypes.NO_CONTENT_TYPE)) {
            builder.header("content-type", type.toString());
        }
        var bytes = body.getData();
        return builder.uri(URI.create(host + target))
                .timeout(patience)
                .method(
                        request.method().value(),
                        bytes.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(bytes.toArrayUnsafe()))
                .build();
    }

    /** The answer in Pekko's words, with its bytes in a stream that {@code watched} has put an eye on. */
    static HttpResponse answer(
            Way way,
            java.net.http.HttpResponse<Publisher<List<ByteBuffer>>> answer,
            UnaryOperator<Source<ByteString, NotUsed>> watched) {
        var headers = new ArrayList<HttpHeader>();
        answer.headers().map().forEach((name, values) -> {
            var lower = name.toLowerCase(Locale.ROOT);
            // The JDK hands on HTTP/2's own ":status" as well.
            if (!lower.startsWith(":") && !lower.equals("content-type") && !LEFT_OUT.contains(lower)) {
                values.forEach(value -> headers.add(RawHeader.create(name, value)));
            }
        });
        var bytes = JavaFlowSupport.Source.fromPublisher(answer.body())
                .addAttributes(Attributes.inputBuffer(1, 1))
                .map(Http2Message::joined)
                .filterNot(ByteString::isEmpty);
        var type = answer.headers()
                .firstValue("content-type")
                .map(KeptCharsets::parse)
                .orElse(ContentTypes.NO_CONTENT_TYPE);
        var length = answer.headers().firstValueAsLong("content-length").orElse(0);
        var entity = length > 0
                ? HttpEntities.create(type, length, watched.apply(bytes.via(new KnownLength(way, length))))
                : HttpEntities.createCloseDelimited(type, watched.apply(bytes));
        return HttpResponse.create()
                .withStatus(status(answer.statusCode()))
                .addHeaders(headers)
                .withEntity(entity);
    }

    private static StatusCode status(int code) {
        return StatusCodes.lookup(code)
                .orElseGet(() -> StatusCodes.custom(code, "", "", code >= 200 && code < 400, true));
    }

    private static ByteString joined(List<ByteBuffer> buffers) {
        var all = ByteString.emptyByteString();
        for (var buffer : buffers) {
            all = all.concat(ByteString.fromByteBuffer(buffer));
        }
        return all;
    }

    /** Ends an answer that nobody wants, so that its stream is reset. */
    static void refuse(Publisher<List<ByteBuffer>> body) {
        body.subscribe(new Subscriber<>() {
            @Override
            public void onSubscribe(Subscription subscription) {
                subscription.cancel();
            }

            @Override
            public void onNext(List<ByteBuffer> buffers) {}

            @Override
            public void onError(Throwable failure) {}

            @Override
            public void onComplete() {}
        });
    }
}

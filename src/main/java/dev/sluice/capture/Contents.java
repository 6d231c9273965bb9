package dev.sluice.capture;

import dev.sluice.capture.Capture.Answer;
import dev.sluice.capture.Capture.Form;
import dev.sluice.capture.Capture.Request;
import dev.sluice.capture.Capture.Said;
import dev.sluice.config.DatabaseRule;
import dev.sluice.session.Exchange;
import dev.sluice.wire.ContentDecoding;
import dev.sluice.wire.Framing;
import dev.sluice.wire.Retold;
import dev.sluice.wire.ToolCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/** What only one capture has, as bytes and back: everything but the parts of its request's body. */
final class Contents {
    /** A small answer may be compressed to a thousandth; what unfolds to more than this stays as it is. */
    private static final int MOST_DECODED = 64 << 20;

    private static final int VERSION = 1;

    /** An answer as it is kept, and the headers of both ways. */
    @SuppressWarnings("ArrayRecordComponent") // Handed through; never compared.
    private record Told(Form form, byte[] body, byte @Nullable [] raw) {}

    private Contents() {}

    static ByteWriter write(Exchange exchange, Transcript transcript, byte @Nullable [] manifest, DatabaseRule rule) {
        var told = told(exchange, transcript, rule);
        var out = new ByteWriter(2048 + told.body().length);
        out.number(VERSION);
        out.text(exchange.method());
        out.text(exchange.path());
        write(out, requestHeaders(transcript));
        write(out, manifest);
        out.number(exchange.status());
        write(out, answerHeaders(transcript));
        out.text(told.form().name());
        out.block(told.body());
        write(out, told.raw());
        return out;
    }

    private static Told told(Exchange exchange, Transcript transcript, DatabaseRule rule) {
        var came = transcript.answer();
        if (came.isEmpty()) {
            return new Told(Form.NONE, new byte[0], null);
        }
        var raw = rule.saveRaws() ? joined(came) : null;
        var plain = ContentDecoding.decode(transcript.coding(), came, MOST_DECODED);
        if (plain.isEmpty()) {
            return new Told(Form.CODED, joined(came), raw);
        }
        var object = Retold.answer(exchange.format(), Framing.of(transcript.contentType()), plain.get());
        if (object == null || object.length == 0) {
            return new Told(Form.PLAIN, plain.get(), raw);
        }
        return new Told(Form.OBJECT, rule.keepEncryptedBlobs() ? object : EncryptedBlobs.without(object), raw);
    }

    private static byte[] joined(List<ByteString> pieces) {
        var joined = new ByteWriter(pieces.stream().mapToInt(ByteString::size).sum());
        for (var piece : pieces) {
            var bytes = piece.toArrayUnsafe();
            joined.raw(bytes, 0, bytes.length);
        }
        return joined.toBytes();
    }

    /** What the server's own layer has added for us, and what comes first. */
    private static final Set<String> OURS =
            Set.of("raw-request-uri", "timeout-access", "remote-address", "content-type");

    static List<HeaderLine> requestHeaders(Transcript transcript) {
        return headers(transcript.requestHeaders(), transcript.requestType());
    }

    static List<HeaderLine> answerHeaders(Transcript transcript) {
        return headers(transcript.answerHeaders(), transcript.contentType());
    }

    private static List<HeaderLine> headers(Iterable<HttpHeader> headers, String contentType) {
        var lines = new ArrayList<HeaderLine>();
        if (!contentType.isEmpty()) {
            lines.add(HeaderLine.of("content-type", contentType));
        }
        for (var header : headers) {
            if (!OURS.contains(header.lowercaseName())) {
                lines.add(HeaderLine.of(header.lowercaseName(), header.value()));
            }
        }
        return lines;
    }

    private static void write(ByteWriter out, List<HeaderLine> headers) {
        out.number(headers.size());
        for (var header : headers) {
            out.text(header.name());
            out.text(header.value());
        }
    }

    private static void write(ByteWriter out, byte @Nullable [] maybe) {
        out.number(maybe == null ? 0 : 1);
        if (maybe != null) {
            out.block(maybe);
        }
    }

    /** What was written, with the manifest of the request's body in place of the body. */
    static Said read(byte[] content) {
        var in = new ByteReader(content);
        if (in.number() != VERSION) {
            throw new ByteReader.Damaged("a capture of another version (expected: " + VERSION + ")");
        }
        var request = new Request(in.text(), in.text(), headers(in), maybe(in));
        var status = (int) in.number();
        return new Said(request, new Answer(status, headers(in), form(in), in.block(), maybe(in)));
    }

    private static Form form(ByteReader in) {
        var name = in.text();
        try {
            return Form.valueOf(name);
        } catch (IllegalArgumentException e) {
            throw new ByteReader.Damaged("an answer's form: " + name);
        }
    }

    private static List<HeaderLine> headers(ByteReader in) {
        var count = in.count();
        var headers = new ArrayList<HeaderLine>(count);
        for (var nth = 0; nth < count; nth++) {
            headers.add(new HeaderLine(in.text(), in.text()));
        }
        return headers;
    }

    private static byte @Nullable [] maybe(ByteReader in) {
        return in.number() == 0 ? null : in.block();
    }

    static ByteWriter write(List<ToolCall> tools) {
        var out = new ByteWriter(256);
        out.number(VERSION);
        out.number(tools.size());
        for (var tool : tools) {
            out.number((tool.id() == null ? 0 : 1) | (tool.json() ? 2 : 0));
            out.text(tool.id() == null ? "" : tool.id());
            out.text(tool.name());
            out.text(tool.arguments());
        }
        return out;
    }

    static List<ToolCall> readTools(byte[] content) {
        var in = new ByteReader(content);
        if (in.number() != VERSION) {
            throw new ByteReader.Damaged("tools of another version (expected: " + VERSION + ")");
        }
        var count = in.count();
        var tools = new ArrayList<ToolCall>(count);
        for (var nth = 0; nth < count; nth++) {
            var flags = in.number();
            var id = in.text();
            tools.add(new ToolCall((flags & 1) == 0 ? null : id, in.text(), in.text(), (flags & 2) != 0));
        }
        return tools;
    }
}

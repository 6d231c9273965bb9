package dev.sluice.testing;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/** HTTP/2 over TLS in front of a provider, by Node.js: nobody's code that the gateway shares. */
public final class Http2Front implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Process process;
    private final BufferedReader out;
    private final Writer in;
    private final int port;

    private Http2Front(Process process) throws IOException {
        this.process = process;
        this.out = process.inputReader(StandardCharsets.UTF_8);
        this.in = process.outputWriter(StandardCharsets.UTF_8);
        this.port = read().path("port").asInt();
    }

    public static Http2Front start(String upstream, TestCertificate certificate) {
        return start(upstream, certificate, "h2,http/1.1", 0);
    }

    /**
     * Starts one.
     *
     * @param protocols what it agrees to, as ALPN names them
     * @param port      0 for any
     */
    public static Http2Front start(String upstream, TestCertificate certificate, String protocols, int port) {
        var builder = new ProcessBuilder(
                        "node",
                        Path.of("src/test/node/http2-front.mjs")
                                .toAbsolutePath()
                                .toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment()
                .putAll(Map.of(
                        "UPSTREAM",
                        upstream,
                        "KEYS",
                        certificate.keys().toString(),
                        "PASSWORD",
                        TestCertificate.PASSWORD,
                        "ALPN",
                        protocols,
                        "PORT",
                        Integer.toString(port)));
        try {
            return new Http2Front(builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return port;
    }

    public String url() {
        return "https://localhost:" + port;
    }

    /** What has happened, by name. */
    public JsonNode stats() {
        return tell("stats");
    }

    /** Cuts all connections. */
    public JsonNode destroy() {
        return tell("destroy");
    }

    /** Ends all connections in good order. */
    public JsonNode goAway() {
        return tell("goaway");
    }

    private JsonNode tell(String command) {
        try {
            in.write(command + "\n");
            in.flush();
            return read();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private JsonNode read() throws IOException {
        return JSON.readTree(requireNonNull(out.readLine(), "the HTTP/2 front has ended"));
    }

    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join();
    }
}

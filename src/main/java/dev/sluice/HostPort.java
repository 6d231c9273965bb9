package dev.sluice;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** An address to listen on, as {@code HOST:PORT}. */
record HostPort(String host, int port) {
    static final class Converter implements ITypeConverter<HostPort> {
        @Override
        public HostPort convert(String text) {
            var colon = text.lastIndexOf(':');
            try {
                var port = Integer.parseInt(text.substring(colon + 1));
                if (colon > 0 && port >= 0 && port <= 65535) {
                    var host = text.substring(0, colon);
                    var bracketed = host.startsWith("[") && host.endsWith("]");
                    return new HostPort(bracketed ? host.substring(1, host.length() - 1) : host, port);
                }
            } catch (NumberFormatException e) {
                // The message below says it.
            }
            throw new TypeConversionException("'" + text + "' (expected: HOST:PORT, for example 127.0.0.1:8080)");
        }
    }

    /**
     * Tries to listen there, before anything is started that would have to be stopped again. Somebody may still be faster; then the
     * start fails later, and says so less well.
     */
    void mustBeFree() throws IOException {
        try (var socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(host, port));
        } catch (IOException e) {
            throw new IOException("cannot listen on " + this + ": " + e.getMessage(), e);
        }
    }

    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}

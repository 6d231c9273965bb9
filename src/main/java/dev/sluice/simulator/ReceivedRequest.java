package dev.sluice.simulator;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.util.ByteString;

/**
 * A request as it reached a simulated provider.
 *
 * @param path    with its query, as sent
 * @param headers in the order they came, names as sent; content type and framing included
 * @param body    byte for byte
 */
public record ReceivedRequest(String method, String path, List<Map.Entry<String, String>> headers, ByteString body) {
    /** The first header of this name, whatever its case. */
    public Optional<String> header(String name) {
        return headers.stream()
                .filter(header -> header.getKey().equalsIgnoreCase(name))
                .map(Map.Entry::getValue)
                .findFirst();
    }
}

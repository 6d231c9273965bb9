package dev.sluice.wire;

import java.util.Map;

/**
 * A request as its format reads it.
 *
 * @param operation   what is asked
 * @param parameters  of the path, by name, decoded
 * @param body        without its content coding
 * @param contentType with its parameters, as sent; empty when absent
 * @param header      of the request
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared: it lives as long as one reading.
public record Asked(
        Operation operation, Map<String, String> parameters, byte[] body, String contentType, Headers header) {}

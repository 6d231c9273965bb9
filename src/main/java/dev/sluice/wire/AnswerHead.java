package dev.sluice.wire;

/**
 * What is known of an answer before its body.
 *
 * @param operation what was asked
 * @param framing   by its content type
 * @param hideUsage keep the usage chunk, which only the gateway asked for, from the client
 * @param model     as the provider was asked for it
 * @param header    of the answer
 */
public record AnswerHead(Operation operation, Framing framing, boolean hideUsage, String model, Headers header) {}

package dev.sluice.wire;

import java.util.List;
import java.util.Set;

/**
 * What {@link RequestReader} must know of a format to read its requests: the names of the fields that matter.
 *
 * @param name           the format's flag
 * @param outputLimits   fields that limit the answer's tokens, {@code owner.name} for one in an object; when several are set, the highest counts
 * @param system         fields with the system prompt
 * @param conversation   the field with the messages: an array, or a string that is the one message of the user
 * @param otherPrompt    further fields that the model is shown, for example tools
 * @param choices        whether {@code n} asks for several answers
 * @param usageOnRequest whether a stream tells usage only when {@code stream_options.include_usage} asks for it
 */
public record RequestShape(
        String name,
        List<String> outputLimits,
        Set<String> system,
        String conversation,
        Set<String> otherPrompt,
        boolean choices,
        boolean usageOnRequest) {}

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
 * @param deeper         what does not stand at the body's top
 * @param prompts        fields with one prompt or several, each answered by itself, as text or as the numbers of its tokens
 */
public record RequestShape(
        String name,
        List<String> outputLimits,
        Set<String> system,
        String conversation,
        Set<String> otherPrompt,
        boolean choices,
        boolean usageOnRequest,
        Deeper deeper,
        Set<String> prompts) {

    /** A format whose requests are one conversation. */
    public RequestShape(
            String name,
            List<String> outputLimits,
            Set<String> system,
            String conversation,
            Set<String> otherPrompt,
            boolean choices,
            boolean usageOnRequest) {
        this(name, outputLimits, system, conversation, otherPrompt, choices, usageOnRequest, Deeper.NOTHING, Set.of());
    }

    /** A format whose requests are one conversation, and which has more to say of what stands in them. */
    public RequestShape(
            String name,
            List<String> outputLimits,
            Set<String> system,
            String conversation,
            Set<String> otherPrompt,
            boolean choices,
            boolean usageOnRequest,
            Deeper deeper) {
        this(name, outputLimits, system, conversation, otherPrompt, choices, usageOnRequest, deeper, Set.of());
    }

    /**
     * What matters deeper in a body, and how its messages are told apart. Paths are the names from the body down, joined by dots; arrays
     * do not count.
     *
     * @param settings     fields that hold an object with the answer's settings
     * @param outputLimits fields of that object that limit the answer's tokens; 0 is none
     * @param choices      fields of that object that ask for several answers
     * @param otherPrompt  fields of that object that the model is shown
     * @param caches       fields at the top that name a prompt kept by the provider
     * @param models       paths of fields that name the path's model once more, in lower case
     * @param strippable   paths of fields that some of the format's providers refuse
     * @param usersByDefault whether a message that tells no role is the user's, and roles may come in capitals
     */
    public record Deeper(
            Set<String> settings,
            Set<String> outputLimits,
            Set<String> choices,
            Set<String> otherPrompt,
            Set<String> caches,
            Set<String> models,
            Set<String> strippable,
            boolean usersByDefault) {
        /** Settings that hold nothing but limits. */
        public static Deeper limits(Set<String> settings, Set<String> outputLimits) {
            return new Deeper(settings, outputLimits, Set.of(), Set.of(), Set.of(), Set.of(), Set.of(), false);
        }

        public static final Deeper NOTHING =
                new Deeper(Set.of(), Set.of(), Set.of(), Set.of(), Set.of(), Set.of(), Set.of(), false);
    }

    /**
     * A format whose requests are no conversation but prompts, each for itself: what a caller asks of it is all one session.
     *
     * @param otherPrompt further fields that the model is shown
     */
    public static RequestShape ofPrompts(String name, Set<String> prompts, Set<String> otherPrompt) {
        return new RequestShape(name, List.of(), Set.of(), "", otherPrompt, false, false, Deeper.NOTHING, prompts);
    }
}

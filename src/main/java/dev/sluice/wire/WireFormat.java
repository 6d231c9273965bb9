package dev.sluice.wire;

import dev.sluice.wire.RequestHead.NoModel;
import dev.sluice.wire.RequestHead.Splice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.util.ByteString;

/** One wire format, both ways. Stateless; all of them stand in {@link WireFormats#ALL}. */
public interface WireFormat {
    /** The name in records, sessions and messages, for example {@code openai_chat}; mostly the flag. Unique. */
    default String name() {
        return flag();
    }

    /** The compatibility flag of the policy document that offers it, for example {@code openai_chat}. */
    String flag();

    /** Whether a provider with these compatibility flags speaks it. */
    default boolean isSpokenBy(Set<String> flags) {
        return flags.contains(flag());
    }

    /**
     * Whether {@code /v1/models} advertises it. Only the format that a flag is named after: that a provider has chat
     * completions says nothing about pictures or speech, and who asks for those learns soon enough.
     */
    default boolean isAdvertised() {
        return name().equals(flag());
    }

    /** The canonical path, as {@code /v1/models} advertises it, for example {@code /v1/chat/completions}. */
    String endpoint();

    /** All that can be asked; the canonical path's comes first. */
    List<Operation> operations();

    /** Four letters that open a session's printed id, for example {@code oacc}. */
    String sessionPrefix();

    /**
     * Reads a request.
     *
     * @throws BadRequest when the body is not what the format needs, names no model, or says something that matters twice
     */
    RequestHead readHead(Asked asked) throws BadRequest;

    /**
     * The path at a provider, before the base URL is put in front.
     *
     * @param asked      what is asked; its parameters hold what the path named
     * @param rawPath    as the client sent it, percent-encoding and all
     * @param head       of the request
     * @param model      as the provider wants it
     * @param flags      the provider's
     */
    default String upstreamPath(
            Operation asked,
            Map<String, String> parameters,
            String rawPath,
            RequestHead head,
            String model,
            Set<String> flags) {
        return rawPath;
    }

    /**
     * The edits that a body needs on its way to a provider; mostly none.
     *
     * @param model as the provider wants it
     * @param flags the provider's
     */
    default List<Splice> edits(RequestHead head, String model, Set<String> flags) {
        var edits = new ArrayList<Splice>(2);
        if (!head.model().equals(model) || head.place() instanceof NoModel) {
            edits.addAll(head.place().edits(model));
        }
        if (head.usageSplice() != null) {
            edits.add(head.usageSplice());
        }
        return edits;
    }

    /** A reader for one answer. */
    AnswerReader reader(AnswerHead answer);

    /** What makes one document of an answer's events, for those who come later. */
    default Retelling retelling() {
        return new NothingRetold();
    }

    /** The fields of a request that hold what the user says, the first that is there counts: messages, or text alone. */
    default List<String> userFields() {
        return List.of("messages");
    }

    /** An error's JSON body. */
    ByteString errorBody(Operation asked, WireError error);

    /**
     * An error's JSON body, for formats whose query decides how an answer is put.
     *
     * @param rawQuery of the request, as sent; empty when there is none
     */
    default ByteString errorBody(Operation asked, String rawQuery, WireError error) {
        return errorBody(asked, error);
    }

    /** What an error's head tells this format's clients beside {@code retry-after}, lower-case name to value. */
    default Map<String, String> errorHeaders(WireError error) {
        return Map.of();
    }

    /**
     * An error inside an answer that has begun: what makes this format's clients raise. {@link AnswerReader#lastWords} puts it where it
     * can stand.
     */
    ByteString errorEvent(Framing framing, WireError error);
}

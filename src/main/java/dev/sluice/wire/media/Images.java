package dev.sluice.wire.media;

import dev.sluice.wire.Asked;
import dev.sluice.wire.BadRequest;
import dev.sluice.wire.FormReader;
import dev.sluice.wire.FormShape;
import dev.sluice.wire.Operation;
import dev.sluice.wire.Operation.Streaming;
import dev.sluice.wire.RequestHead;
import dev.sluice.wire.RequestReader;
import dev.sluice.wire.RequestShape;
import java.util.List;
import java.util.Set;

/**
 * OpenAI's images: made from words, edited, varied. The latter two come as forms, an edit also as JSON. A model must be named:
 * the default at OpenAI is one that it has taken out of service.
 */
public final class Images extends MediaFormat {
    private static final String NAME = "openai_images";
    private static final String GENERATIONS = "/v1/images/generations";
    private static final String VERSIONLESS_GENERATIONS = "/images/generations";

    /** What a picture costs to look at, as in a prompt of chat. */
    private static final long PICTURE_TOKENS = 1_600;

    /** Only prompts are text; {@code n} pictures are made for all of it. */
    private static final RequestShape JSON =
            new RequestShape(NAME, List.of(), Set.of(), "", Set.of("prompt", "images", "mask"), true, false);

    private static final FormShape FORM = new FormShape(NAME, bytes -> PICTURE_TOKENS);

    public Images() {
        super(
                NAME,
                "oaim",
                Medium.PICTURES,
                1,
                Operation.generate(GENERATIONS),
                Operation.generate("/v1/images/edits"),
                Operation.generate("/v1/images/variations", Streaming.NEVER),
                Operation.generate(VERSIONLESS_GENERATIONS),
                Operation.generate("/images/edits"),
                Operation.generate("/images/variations", Streaming.NEVER));
    }

    @Override
    public RequestHead readHead(Asked asked) throws BadRequest {
        var path = asked.operation().path();
        var isJson = path.equals(GENERATIONS) || path.equals(VERSIONLESS_GENERATIONS) || !FormReader.isForm(asked);
        var head = isJson ? RequestReader.read(JSON, asked) : FormReader.read(FORM, asked);
        return head.withMaxOutputTokens(MediaTally.PICTURE_TOKENS);
    }

    @Override
    public List<String> userFields() {
        return List.of("prompt");
    }
}

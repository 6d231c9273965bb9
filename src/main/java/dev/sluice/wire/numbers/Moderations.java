package dev.sluice.wire.numbers;

import dev.sluice.wire.Asked;
import dev.sluice.wire.BadRequest;
import dev.sluice.wire.Operation.Purpose;
import dev.sluice.wire.RequestHead;
import dev.sluice.wire.RequestReader;
import dev.sluice.wire.RequestShape;
import java.util.Set;

/**
 * OpenAI's moderations. The one format whose requests need not name a model: it is then {@value #DEFAULT_MODEL}, which is put into
 * the body, because a grant is for a model, and a provider's own default may be another tomorrow.
 *
 * <p>They are free where the price table says so, as it does of OpenAI's; who takes money for them is paid.
 */
public final class Moderations extends NumberFormat {
    static final String DEFAULT_MODEL = "omni-moderation-latest";

    public Moderations() {
        super(
                RequestShape.ofPrompts("openai_moderations", Set.of("input"), Set.of()),
                "oamo",
                Purpose.JUDGE,
                "/v1/moderations",
                "/moderations");
    }

    @Override
    RequestHead read(RequestShape fields, Asked asked) throws BadRequest {
        return RequestReader.readOr(DEFAULT_MODEL, fields, asked);
    }
}

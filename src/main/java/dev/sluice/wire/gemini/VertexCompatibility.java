package dev.sluice.wire.gemini;

import dev.sluice.wire.Operation;
import dev.sluice.wire.RequestHead;
import dev.sluice.wire.RequestHead.Splice;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Vertex AI for clients that know the Gemini API only, such as Gemini CLI: their short paths become a project's, and what Vertex refuses of
 * their bodies is taken out. A policy switches it on for a provider.
 */
public final class VertexCompatibility {
    private static final String FLAG = "experimental_gemini_cli_vertex_compat";
    private static final String NEEDS = "google_generate_content";

    /** Which project and region they are, the provider's credentials know. */
    private static final String PUBLISHER =
            "/v1/projects/_aperture_auto_vertex_project_id_/locations/_aperture_auto_vertex_region_/publishers/google/models/";

    private VertexCompatibility() {}

    /** Whether a provider with these compatibility flags is one of them. */
    public static boolean holds(Set<String> flags) {
        return flags.contains(FLAG) && flags.contains(NEEDS);
    }

    /** The full path for a short one. */
    public static String path(Operation asked, String model) {
        return PUBLISHER + ModelSegment.of(model, ModelSegment.method(asked));
    }

    /** These edits, and those that take out what Vertex refuses. */
    public static List<Splice> edits(List<Splice> edits, RequestHead head, Set<String> flags) {
        return holds(flags) && !head.strips().isEmpty()
                ? Stream.concat(edits.stream(), head.strips().stream()).toList()
                : edits;
    }
}

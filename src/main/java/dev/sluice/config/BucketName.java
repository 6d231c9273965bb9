package dev.sluice.config;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A quota's name, which may end in a template after its only colon: {@code daily:<user>}.
 *
 * <p>Nothing but a template may stand after a colon, and no template anywhere else. Were {@code daily:alice} allowed beside
 * {@code daily:<user>}, both would mean the same bucket for alice; and {@code <user>-daily}, read literally, would be one
 * bucket for all where its author meant one for each. Such names are broken, and what refers to them is refused.
 *
 * @param written as it stands in the document
 */
public record BucketName(String written) {
    private static final String USER = "<user>";
    private static final String NODE = "<node>";

    /** The template that nobody can expand; null when the name is sound. */
    public @Nullable String unsupportedTemplate() {
        var colon = written.indexOf(':');
        var before = colon < 0 ? written : written.substring(0, colon);
        if (before.contains("<") || before.contains(">")) {
            return before;
        }
        var after = template();
        return after == null || after.equals(USER) || after.equals(NODE) ? null : after;
    }

    private @Nullable String template() {
        var colon = written.indexOf(':');
        return colon < 0 ? null : written.substring(colon + 1);
    }

    /**
     * The name of one caller's bucket; empty when the template is unsupported.
     *
     * @param node empty when unknown; then {@code <node>} stands for the user, because an empty name would be one bucket
     *     that all callers without a known machine share, and one of them could spend what belongs to the others
     */
    public Optional<String> expand(String user, String node) {
        if (unsupportedTemplate() != null) {
            return Optional.empty();
        }
        var template = template();
        if (template == null) {
            return Optional.of(written);
        }
        var prefix = written.substring(0, written.length() - template.length());
        return Optional.of(prefix + (template.equals(USER) || node.isEmpty() ? user : node));
    }
}

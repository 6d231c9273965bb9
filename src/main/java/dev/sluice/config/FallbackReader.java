package dev.sluice.config;

import dev.sluice.config.HuJson.Text;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads {@code fallbacks}. A name that leads nowhere is reported and left out. */
final class FallbackReader {
    private FallbackReader() {}

    static Map<String, List<String>> read(Section fallbacks, Map<String, ProviderRule> providers) {
        var read = new LinkedHashMap<String, List<String>>();
        for (var name : fallbacks.members().keySet()) {
            var instead = fallbacks.texts(name).stream()
                    .filter(text -> leadsSomewhere(fallbacks, name, text, providers))
                    .map(Text::value)
                    .distinct()
                    .toList();
            if (!isKnown(name, providers)) {
                fallbacks
                        .findings()
                        .warn(fallbacks.at(name), fallbacks.path(name) + ": left out (expected: provider/model)");
            } else if (!instead.isEmpty()) {
                read.put(name, instead);
            }
        }
        return read;
    }

    private static boolean leadsSomewhere(
            Section fallbacks, String name, Text text, Map<String, ProviderRule> providers) {
        var leads = isKnown(text.value(), providers) && !text.value().equals(name);
        if (!leads) {
            fallbacks
                    .findings()
                    .warn(
                            text.at(),
                            fallbacks.path(name) + ": \"" + text.written()
                                    + "\" is left out (expected: provider/model of a provider that is defined)");
        }
        return leads;
    }

    private static boolean isKnown(String name, Map<String, ProviderRule> providers) {
        var slash = name.indexOf('/');
        return slash > 0 && slash < name.length() - 1 && providers.containsKey(name.substring(0, slash));
    }
}

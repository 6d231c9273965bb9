package dev.sluice.config;

import static java.util.Objects.requireNonNull;

import dev.sluice.config.GrantPlace.CapabilityPlace;
import dev.sluice.config.GrantRule.Capability;
import dev.sluice.config.HuJson.Arr;
import dev.sluice.config.HuJson.Text;
import dev.sluice.config.HuJson.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads grants, and the capabilities that come with a caller. What cannot be read never widens access and never frees from
 * a quota: a narrowing that nobody here can check leaves the grant out; {@code models} that cannot be read grant nothing,
 * while the quotas beside them hold for every model; a quota that cannot be read is one that nobody defined.
 */
final class GrantReader {
    static final String CAPABILITY = "tailscale.com/cap/aperture";

    // What came with a caller is checked against nothing: its author does not see this document.
    private final @Nullable Declared declared;

    GrantReader(@Nullable Declared declared) {
        this.declared = declared;
    }

    List<PlacedGrant> read(Section root) {
        var grants = new ArrayList<PlacedGrant>();
        var items = root.items("grants");
        for (int i = 0; i < items.size(); i++) {
            var grant = root.section("grants", i, items.get(i));
            if (grant != null) {
                var placed = read(grant, i);
                grant.reportUnknownFields();
                if (placed != null) {
                    grants.add(placed);
                }
            }
        }
        return grants;
    }

    private @Nullable PlacedGrant read(Section grant, int number) {
        var src = grant.texts("src").stream().map(Text::value).toList();
        var window = WindowReader.read(grant);
        var app = grant.section("app");
        var places = new ArrayList<CapabilityPlace>();
        var rule =
                app == null ? new GrantRule(src, List.of(), Map.of(), window) : app(app, src, window, number, places);
        if (grant.has("srcPosture")) {
            grant.findings()
                    .warn(
                            grant.at("srcPosture"),
                            grant.path() + ": srcPosture narrows the grant and cannot be checked here; it is left out");
            return null;
        }
        return new PlacedGrant(rule, new GrantPlace(grant.path(), grant.at().line(), places));
    }

    /** @param places gets the place of each capability */
    GrantRule app(Section app, List<String> src, Window window, int number, List<CapabilityPlace> places) {
        var capabilities = new ArrayList<Capability>();
        var custom = new LinkedHashMap<String, Object>();
        for (var key : app.members().keySet()) {
            var value = app.value(key);
            if (value != null && key.equals(CAPABILITY)) {
                capabilities(app, value, number, capabilities, places);
            } else if (value != null) {
                custom.put(key, requireNonNull(HuJson.plain(value)));
            }
        }
        return new GrantRule(src, capabilities, custom, window);
    }

    private void capabilities(
            Section app, Value value, int number, List<Capability> capabilities, List<CapabilityPlace> places) {
        if (!(value instanceof Arr array)) {
            app.mismatch(app.path(CAPABILITY), value, "array");
            return;
        }
        for (int i = 0; i < array.items().size(); i++) {
            var section = app.section(CAPABILITY, i, array.items().get(i));
            if (section != null) {
                var title = "grants[" + number + "] grant " + i;
                capabilities.add(new CapabilityReader(section, title, declared).read());
                places.add(new CapabilityPlace(i, section.at().line()));
                section.reportUnknownFields();
            }
        }
    }
}

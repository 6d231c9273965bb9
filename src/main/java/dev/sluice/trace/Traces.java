package dev.sluice.trace;

import dev.sluice.config.TraceSettings;
import io.opentelemetry.api.trace.Span;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Extension;
import org.apache.pekko.actor.typed.ExtensionId;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.jspecify.annotations.Nullable;

/** The traces of a node, if it makes any. */
public final class Traces implements Extension {
    private static final Id ID = new Id();

    private static final class Id extends ExtensionId<Traces> {
        @Override
        public Traces createExtension(ActorSystem<?> system) {
            return new Traces(system);
        }
    }

    private final TraceSettings settings;
    private final @Nullable Exporting exporting;

    private Traces(ActorSystem<?> system) {
        settings = TraceSettings.of(system.settings().config());
        exporting = settings.isOn() ? Exporting.start(system, settings) : null;
    }

    /**
     * A system's own.
     *
     * @throws IllegalArgumentException for settings that make no sense
     */
    public static Traces get(ActorSystem<?> system) {
        return ID.apply(system);
    }

    /** Whether any are made; while not, nothing else here may be called. */
    public boolean areOn() {
        return exporting != null;
    }

    /** Whether a span may say who called. */
    public boolean nameCallers() {
        return settings.callers();
    }

    /** Begins a request's span, below the one that its headers name. */
    public Span server(String name, Iterable<HttpHeader> headers) {
        return on().server(name, headers);
    }

    /** Begins the span of something that is asked of somebody else for a request. */
    public Span client(String name, Span request) {
        return on().client(name, request);
    }

    /** The headers that tell whoever is asked which span it is asked for: names and values. */
    public List<Map.Entry<String, String>> headers(Span client) {
        return Exporting.headers(client);
    }

    private Exporting on() {
        if (exporting == null) {
            throw new IllegalStateException("no traces are made");
        }
        return exporting;
    }
}

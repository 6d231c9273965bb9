package dev.sluice.trace;

import dev.sluice.config.TraceSettings;
import dev.sluice.metric.Metrics;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.jspecify.annotations.Nullable;

/** All that needs OpenTelemetry's SDK: loaded only where traces are on. */
final class Exporting {
    /** Spans that wait to be sent; at a kB or two each. More are dropped. */
    private static final int MAX_WAITING = 8192;

    private static final int BATCH = 512;
    private static final Duration EVERY = Duration.ofSeconds(2);
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    /** A collector that does not answer must not keep a node that ends. */
    private static final Duration LAST_TIMEOUT = Duration.ofSeconds(3);

    /** Would write failures in a form of its own, all of them; we say that there are some. Held, else it would be made anew. */
    private static final Logger THEIRS = Logger.getLogger("io.opentelemetry");

    private static final W3CTraceContextPropagator W3C = W3CTraceContextPropagator.getInstance();

    private static final TextMapGetter<Iterable<HttpHeader>> HEADERS = new TextMapGetter<>() {
        @Override
        public @Nullable String get(@Nullable Iterable<HttpHeader> headers, String name) {
            String value = null;
            if (headers != null) {
                for (var header : headers) {
                    if (header.lowercaseName().equals(name)) {
                        if (value != null && name.equals("traceparent")) {
                            // Nobody knows which of them holds.
                            return null;
                        }
                        value = value == null ? header.value() : value + "," + header.value();
                    }
                }
            }
            return value;
        }
    };

    private final Tracer tracer;

    private Exporting(Tracer tracer) {
        this.tracer = tracer;
    }

    static Exporting start(ActorSystem<?> system, TraceSettings settings) {
        THEIRS.setLevel(Level.OFF);
        var counted = new CountedExporter(exporter(settings));
        var provider = SdkTracerProvider.builder()
                .setResource(Resource.create(Attributes.builder()
                        .put("service.name", settings.serviceName())
                        .put("service.instance.id", system.address().toString())
                        .build()))
                .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(settings.sampleRatio())))
                .addSpanProcessor(counted.counter())
                .addSpanProcessor(BatchSpanProcessor.builder(counted)
                        .setMaxQueueSize(MAX_WAITING)
                        .setMaxExportBatchSize(BATCH)
                        .setScheduleDelay(EVERY)
                        .setExporterTimeout(TIMEOUT)
                        .build())
                .build();
        counted.watch(Metrics.get(system));
        CoordinatedShutdown.get(system)
                .addTask(CoordinatedShutdown.PhaseBeforeActorSystemTerminate(), "traces", () -> stopped(provider));
        return new Exporting(provider.get("dev.sluice"));
    }

    private static OtlpHttpSpanExporter exporter(TraceSettings settings) {
        var builder = OtlpHttpSpanExporter.builder()
                .setEndpoint(settings.endpoint())
                .setCompression("gzip")
                .setTimeout(TIMEOUT);
        settings.headers().forEach((name, value) -> builder.addHeader(name, value.reveal()));
        if (!settings.certificate().isEmpty()) {
            try {
                builder.setTrustedCertificates(Files.readAllBytes(Path.of(settings.certificate())));
            } catch (IOException e) {
                throw new IllegalArgumentException(
                        "sluice.traces.certificate: " + settings.certificate() + " (expected: a PEM file: " + e + ")",
                        e);
            }
        }
        return builder.build();
    }

    private static CompletableFuture<Done> stopped(SdkTracerProvider provider) {
        var stopped = new CompletableFuture<Done>();
        var _ = provider.shutdown().whenComplete(() -> stopped.complete(Done.getInstance()));
        return stopped.completeOnTimeout(
                Done.getInstance(), LAST_TIMEOUT.toMillis(), java.util.concurrent.TimeUnit.MILLISECONDS);
    }

    Span server(String name, Iterable<HttpHeader> headers) {
        return tracer.spanBuilder(name)
                .setParent(W3C.extract(Context.root(), headers, HEADERS))
                .setSpanKind(SpanKind.SERVER)
                .startSpan();
    }

    Span client(String name, Span request) {
        return tracer.spanBuilder(name)
                .setParent(Context.root().with(request))
                .setSpanKind(SpanKind.CLIENT)
                .startSpan();
    }

    static List<Map.Entry<String, String>> headers(Span client) {
        var headers = new ArrayList<Map.Entry<String, String>>(2);
        W3C.inject(Context.root().with(client), headers, (all, name, value) -> {
            if (all != null) {
                all.add(Map.entry(name, value));
            }
        });
        return headers;
    }
}

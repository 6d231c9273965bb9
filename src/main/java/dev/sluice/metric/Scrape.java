package dev.sluice.metric;

import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** All numbers of one moment, written down: as OpenMetrics for whoever asks for that, else as Prometheus' text. */
public final class Scrape {
    private static final ExpositionFormatWriter OPEN_METRICS =
            OpenMetricsTextFormatWriter.builder().build();
    private static final ExpositionFormatWriter PROMETHEUS =
            PrometheusTextFormatWriter.builder().build();

    private final String contentType;
    private final byte[] text;

    private Scrape(String contentType, byte[] text) {
        this.contentType = contentType;
        this.text = text;
    }

    static Scrape of(PrometheusRegistry registry, @Nullable String accept) {
        var writer = accept != null && accept.toLowerCase(Locale.ROOT).contains("application/openmetrics-text")
                ? OPEN_METRICS
                : PROMETHEUS;
        var text = new ByteArrayOutputStream(64 * 1024);
        try {
            writer.write(text, registry.scrape(), EscapingScheme.UNDERSCORE_ESCAPING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Scrape(writer.getContentType(), text.toByteArray());
    }

    public String contentType() {
        return contentType;
    }

    /** In UTF-8. */
    public byte[] text() {
        return text;
    }
}

package dev.sluice.metric;

import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.instrumentation.jvm.JvmBufferPoolMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmGarbageCollectorMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmMemoryMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmThreadsMetrics;
import io.prometheus.metrics.instrumentation.jvm.ProcessMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Objects;

/** The process that a node runs in: memory, collections, threads, files, and which build it is. */
final class ThisProcess {
    private ThisProcess() {}

    static void register(PrometheusRegistry registry) {
        JvmMemoryMetrics.builder().register(registry);
        JvmGarbageCollectorMetrics.builder().register(registry);
        JvmThreadsMetrics.builder().register(registry);
        JvmBufferPoolMetrics.builder().register(registry);
        ProcessMetrics.builder().register(registry);
        Info.builder()
                .name("sluice_build_info")
                .help("Which build this is.")
                .labelNames("version", "java")
                .register(registry)
                .setLabelValues(version(), Runtime.version().toString());
    }

    /** In a package; a directory of classes has none. */
    private static String version() {
        return Objects.requireNonNullElse(ThisProcess.class.getPackage().getImplementationVersion(), "development");
    }
}

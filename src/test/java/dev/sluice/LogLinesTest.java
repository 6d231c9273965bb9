package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import dev.sluice.testing.Eventually;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LogLinesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final LoggerContext context = new LoggerContext();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    @AfterEach
    void stop() {
        context.stop();
    }

    @Test
    void writesEveryLineInOrderAndTheLastBeforeItStops() {
        var lines = started(out);

        IntStream.range(0, 5_000).forEach(i -> log(lines, "line " + i));
        lines.stop();

        assertThat(written())
                .isEqualTo(IntStream.range(0, 5_000).mapToObj(i -> "line " + i).toList());
    }

    @Test
    void writesALineThoughNoneFollows() {
        var lines = started(out);

        log(lines, "first");

        Eventually.await(PATIENCE, () -> assertThat(written()).containsExactly("first"));
        log(lines, "second");
        Eventually.await(PATIENCE, () -> assertThat(written()).containsExactly("first", "second"));
    }

    @Test
    void writesWhatGathersAtOneTime() {
        var writes = new AtomicInteger();
        var gathered = new CountDownLatch(1);
        var lines = started(new OutputStream() {
            @Override
            public void write(int b) {
                writes.incrementAndGet();
            }

            @Override
            public void write(byte[] bytes, int from, int length) {
                writes.incrementAndGet();
                awaitQuietly(gathered);
                out.write(bytes, from, length);
            }
        });

        IntStream.range(0, 1_000).forEach(i -> log(lines, "line " + i));
        gathered.countDown();
        lines.stop();

        assertThat(written()).hasSize(1_000);
        assertThat(writes).hasValueLessThan(100);
    }

    @Test
    void nobodyWaitsForAWriterThatStandsStill() throws InterruptedException {
        var stuck = new CountDownLatch(1);
        var lines = started(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("unused");
            }

            @Override
            public void write(byte[] bytes, int from, int length) {
                awaitQuietly(stuck);
                out.write(bytes, from, length);
            }
        });

        var dropped = LogLines.dropped();
        IntStream.range(0, 50_000).forEach(i -> log(lines, "line " + i));
        lines.doAppend(new LoggingEvent("test", context.getLogger("test"), Level.WARN, "warning", null, null));
        dropped = LogLines.dropped() - dropped;
        stuck.countDown();
        lines.stop();

        assertThat(written())
                .hasSizeBetween(7_680, 20_000)
                .hasSize(50_001 - (int) dropped)
                .startsWith("line 0", "line 1")
                .endsWith("warning");
    }

    @Test
    void goesOnAfterAMessageThatCannotBeWritten() {
        var lines = started(out);

        lines.doAppend(event("{}", new Object() {
            @Override
            public String toString() {
                throw new IllegalStateException("on purpose");
            }
        }));
        log(lines, "after");
        lines.stop();

        assertThat(written()).endsWith("after");
    }

    private LogLines started(OutputStream to) {
        context.setMDCAdapter(new LogbackMDCAdapter());
        var encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern("%msg%n");
        encoder.start();
        var lines = new LogLines(to);
        lines.setContext(context);
        lines.setEncoder(encoder);
        lines.start();
        return lines;
    }

    private void log(LogLines lines, String message) {
        lines.doAppend(event(message));
    }

    private LoggingEvent event(String message, Object... arguments) {
        return new LoggingEvent("test", context.getLogger("test"), Level.INFO, message, null, arguments);
    }

    private List<String> written() {
        return out.toString(StandardCharsets.UTF_8).lines().toList();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

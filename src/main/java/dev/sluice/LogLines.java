package dev.sluice;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import ch.qos.logback.core.encoder.Encoder;
import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Log lines to standard error, on a thread of their own: no request waits for a terminal or a full disk, and a line that finds the queue
 * full is dropped. The first line is written at once, those that follow gather for a moment.
 *
 * <p>We chose it over logback's {@code AsyncAppender} because that one is woken by every line and writes each by itself, which cost a
 * busy node more than recording the request that the line is about.
 */
public final class LogLines extends UnsynchronizedAppenderBase<ILoggingEvent> {
    private static final int MAX_WAITING = 8192;

    /** Of these places, kept for warnings and errors: what they say is needed most when lines are dropped. */
    private static final int KEPT = 512;

    private static final LongAdder DROPPED = new LongAdder();

    /** Written at one time, however many wait. */
    private static final int CHUNK_BYTES = 64 * 1024;

    /** Who reads along does not notice. */
    private static final Duration GATHER = Duration.ofMillis(20);

    private static final Duration HURRY = Duration.ofMillis(1);

    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(2);

    private final Queue<ILoggingEvent> waiting = new ArrayBlockingQueue<>(MAX_WAITING);
    private final OutputStream out;
    private final Thread thread;
    private @Nullable Encoder<ILoggingEvent> encoder;
    private volatile boolean stopped;
    private volatile boolean hurried;
    /** The writer, while it has nothing to do: so that waking it costs nothing while it has. */
    private volatile @Nullable Thread idle;

    /** Logback's. */
    public LogLines() {
        // Not System.err, which flushes and locks more than once a line.
        this(new FileOutputStream(FileDescriptor.err));
    }

    LogLines(OutputStream out) {
        this.out = out;
        this.thread = Thread.ofPlatform().daemon().name("sluice-log").unstarted(this::run);
    }

    /** Logback's, from its configuration. */
    public void setEncoder(Encoder<ILoggingEvent> encoder) {
        this.encoder = encoder;
    }

    @Override
    public void start() {
        if (encoder == null) {
            addError("no encoder");
            return;
        }
        super.start();
        thread.start();
        // However the process ends, but for a kill: what waits is written, and what is still to come is written at
        // once.
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(this::hurry));
    }

    /** Lines that this process has dropped because the writer did not keep up. */
    static long dropped() {
        return DROPPED.sum();
    }

    /**
     * Sets the format of the lines to standard error, if it is ours.
     *
     * @param name {@code text} or {@code json}
     * @throws IllegalArgumentException for any other
     */
    static void format(String name) {
        var format = switch (name) {
            case "text" -> LogEncoder.Format.TEXT;
            case "json" -> LogEncoder.Format.JSON;
            default ->
                throw new IllegalArgumentException("sluice.log.format: \"" + name + "\" (expected: text or json)");
        };
        if (LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME) instanceof ch.qos.logback.classic.Logger root
                && root.getAppender("STDERR") instanceof LogLines lines
                && lines.encoder instanceof LogEncoder encoder) {
            encoder.format(format);
        }
    }

    private void hurry() {
        hurried = true;
        LockSupport.unpark(thread);
        var end = System.nanoTime() + STOP_TIMEOUT.toNanos();
        while (busy() && System.nanoTime() < end) {
            LockSupport.parkNanos(HURRY.toNanos());
        }
    }

    private boolean busy() {
        return thread.isAlive() && idle == null;
    }

    /** When all that waits is written. */
    @Override
    public void stop() {
        if (!isStarted()) {
            return;
        }
        super.stop();
        stopped = true;
        LockSupport.unpark(thread);
        try {
            thread.join(STOP_TIMEOUT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    protected void append(ILoggingEvent event) {
        var isUrgent = event.getLevel().isGreaterOrEqual(Level.WARN);
        if (!isUrgent && waiting.size() >= MAX_WAITING - KEPT) {
            DROPPED.increment();
            return;
        }
        event.prepareForDeferredProcessing();
        if (!waiting.offer(event)) {
            DROPPED.increment();
            return;
        }
        var sleeper = idle;
        if (sleeper != null) {
            LockSupport.unpark(sleeper);
        }
    }

    private void run() {
        var lines = new ByteArrayOutputStream(CHUNK_BYTES);
        while (!stopped || !waiting.isEmpty()) {
            if (gather(lines)) {
                write(lines);
                if (!stopped && !hurried && waiting.size() < MAX_WAITING / 2) {
                    LockSupport.parkNanos(this, GATHER.toNanos());
                }
            } else {
                rest();
            }
        }
    }

    private void rest() {
        // Said before looking again, so that whoever comes after the look sees it.
        idle = Thread.currentThread();
        while (waiting.isEmpty() && !stopped) {
            LockSupport.park(this);
            // Nobody may interrupt it, and one who tries must not keep it spinning.
            Thread.interrupted();
        }
        idle = null;
    }

    private boolean gather(ByteArrayOutputStream lines) {
        for (var event = waiting.poll(); event != null; event = lines.size() < CHUNK_BYTES ? waiting.poll() : null) {
            lines.writeBytes(encoded(event));
        }
        return lines.size() > 0;
    }

    private byte[] encoded(ILoggingEvent event) {
        try {
            return encoder == null ? new byte[0] : encoder.encode(event);
        } catch (RuntimeException e) { // of a message's arguments; the next line may be a good one
            addError("a line could not be written", e);
            return new byte[0];
        }
    }

    private void write(ByteArrayOutputStream lines) {
        try {
            lines.writeTo(out);
        } catch (IOException e) {
            addError("lines could not be written", e);
        }
        lines.reset();
    }
}

package dev.sluice.testing;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.LoggerFactory;

/** What is logged while it is open. */
public final class KeptLog extends AppenderBase<ILoggingEvent> implements AutoCloseable {
    private static final Logger OURS = (Logger) LoggerFactory.getLogger("dev.sluice");

    private final Queue<ILoggingEvent> events = new ConcurrentLinkedQueue<>();

    private KeptLog() {}

    public static KeptLog open() {
        var kept = new KeptLog();
        kept.setContext(OURS.getLoggerContext());
        kept.start();
        OURS.addAppender(kept);
        return kept;
    }

    public List<ILoggingEvent> events() {
        return List.copyOf(events);
    }

    public void forget() {
        events.clear();
    }

    @Override
    protected void append(ILoggingEvent event) {
        event.prepareForDeferredProcessing();
        events.add(event);
    }

    @Override
    public void close() {
        OURS.detachAppender(this);
        stop();
    }
}

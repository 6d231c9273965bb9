package dev.sluice.net;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.EventLoop;
import io.netty.channel.ServerChannel;
import io.netty.util.concurrent.FastThreadLocal;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.stream.ActorAttributes;
import org.apache.pekko.stream.Attributes;
import org.jspecify.annotations.Nullable;

/**
 * One thread that waits for sockets and runs the actors of their connections. What a connection needs is only ever touched here, so
 * nothing of it is locked.
 */
public final class Loop implements Executor {
    private static final FastThreadLocal<@Nullable Loop> HERE = new FastThreadLocal<>();

    private final String dispatcher;
    private final Attributes attributes;
    private final EventLoop events;
    private final Transport transport;

    Loop(String dispatcher, EventLoop events, Transport transport) {
        this.dispatcher = dispatcher;
        this.attributes = ActorAttributes.dispatcher(dispatcher);
        this.events = events;
        this.transport = transport;
        events.execute(() -> HERE.set(this));
    }

    /** The loop whose thread this is; null on any other thread. */
    public static @Nullable Loop here() {
        return HERE.get();
    }

    /** For what comes next: the loop whose thread this is, or, on a thread of no loop, the other one. */
    public static Executor hereOr(Executor other) {
        var here = here();
        return here == null ? other : here;
    }

    /** For streams that are to run on the loop whose thread this is, if it is one. */
    public static Attributes attributesHere() {
        var here = here();
        return here == null ? Attributes.none() : here.attributes;
    }

    public boolean isHere() {
        return events.inEventLoop();
    }

    /** For streams that are to run here. */
    public Attributes attributes() {
        return attributes;
    }

    /** The name of the dispatcher that this loop is. */
    String dispatcher() {
        return dispatcher;
    }

    /** For sockets that are to live here. */
    public EventLoop events() {
        return events;
    }

    /** Makes sockets that can live here. */
    public ChannelFactory<? extends Channel> sockets() {
        return transport.sockets();
    }

    /** For a connection, here, to a program that listens on a socket file; what is missing is a handler. */
    public Bootstrap toFile(Path socket) {
        return new Bootstrap()
                .group(events)
                .channelFactory(transport.fileSockets())
                .remoteAddress(transport.files().apply(socket));
    }

    ChannelFactory<? extends ServerChannel> listeners() {
        return transport.listeners();
    }

    /** Tasks that wait for their turn, about. */
    public int waiting() {
        return events instanceof SingleThreadEventExecutor loop ? loop.pendingTasks() : 0;
    }

    @Override
    public void execute(Runnable task) {
        events.execute(task);
    }

    /** At once on this thread, later from any other. */
    public void run(Runnable task) {
        if (isHere()) {
            task.run();
        } else {
            execute(task);
        }
    }

    /** The same outcome, told on the loop that asks for it; on a thread of no loop, wherever it comes about. */
    public static <T> CompletableFuture<T> returning(CompletionStage<T> elsewhere) {
        var loop = here();
        var told = elsewhere.toCompletableFuture();
        // Mostly it is there already, and then nothing changes threads.
        return loop == null || told.isDone() ? told : loop.back(told);
    }

    private <T> CompletableFuture<T> back(CompletableFuture<T> elsewhere) {
        var back = new CompletableFuture<T>();
        var _ = elsewhere.whenComplete((value, failure) -> run(() -> {
            if (failure == null) {
                back.complete(value);
            } else {
                back.completeExceptionally(failure);
            }
        }));
        return back;
    }

    @Override
    public String toString() {
        return dispatcher;
    }
}

package dev.sluice.proxy;

import dev.sluice.provider.Providers;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.apache.pekko.Done;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.Connection;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection: one request after the other, each told when its client has gone away. Pekko's own handler stage
 * would leave a request that nobody waits for under way; here it costs money.
 */
final class ClientConnection extends GraphStage<FlowShape<HttpRequest, HttpResponse>> {
    private final Inlet<HttpRequest> in = Inlet.create("requests");
    private final Outlet<HttpResponse> out = Outlet.create("answers");
    private final FlowShape<HttpRequest, HttpResponse> shape = FlowShape.of(in, out);
    private static final String TICK = "tick";

    private final InetSocketAddress peer;
    private final Duration patience;
    private final BiFunction<InetSocketAddress, HttpRequest, CompletionStage<HttpResponse>> handler;
    private final OpenConnections open;

    /**
     * A connection.
     *
     * @param patience how long it may stand open without a request
     * @param handler  never fails
     */
    ClientConnection(
            InetSocketAddress peer,
            Duration patience,
            BiFunction<InetSocketAddress, HttpRequest, CompletionStage<HttpResponse>> handler,
            OpenConnections open) {
        this.peer = peer;
        this.patience = patience;
        this.handler = handler;
        this.open = open;
    }

    @Override
    public FlowShape<HttpRequest, HttpResponse> shape() {
        return shape;
    }

    @Override
    public GraphStageLogic createLogic(Attributes attributes) {
        return new Logic();
    }

    private final class Logic extends TimerGraphStageLogic {
        private final AsyncCallback<HttpResponse> answered = createAsyncCallback(this::onAnswer);
        private final AsyncCallback<Done> drain = createAsyncCallback(done -> drain());
<<<<<<< HEAD
        private final Runnable drainFromOutside = () -> drain.invoke(Done.getInstance());
        /** Of the request that is under way, until its answer has gone out whole. */
        private @Nullable CompletableFuture<Done> gone;
        /** A request that came before the last one was answered. */
        private @Nullable HttpRequest next;
=======
        private final OpenConnections.Draining drainFromOutside = new OpenConnections.Draining(drain);
        private @Nullable CompletableFuture<Done> gone;
        private boolean busy;
        private long waitingSince = System.nanoTime();
>>>>>>> main

        Logic() {
            super(shape);
            setHandler(in, new AbstractInHandler() {
                @Override
                public void onPush() {
                    if (gone == null) {
                        onRequest(grab(in));
                    } else {
                        next = grab(in);
                    }
                }

                @Override
                public void onUpstreamFinish() {
                    if (gone == null) {
                        completeStage();
                    } else {
                        // The server closes a connection whose client has closed its side; nobody will read the answer.
                        gone.complete(Done.getInstance());
                    }
                }
            });
            setHandler(out, new AbstractOutHandler() {
                @Override
                public void onPull() {
                    // The last answer has gone out whole.
                    gone = null;
                    if (open.draining() || isClosed(in)) {
                        completeStage();
<<<<<<< HEAD
                    } else if (next != null) {
                        var request = next;
                        next = null;
                        onRequest(request);
                    } else if (!hasBeenPulled(in)) {
=======
                    } else {
                        waitingSince = System.nanoTime();
>>>>>>> main
                        pull(in);
                    }
                }
            });
        }

        @Override
        public void preStart() {
            open.add(drainFromOutside);
            scheduleWithFixedDelay(TICK, patience.dividedBy(4), patience.dividedBy(4));
        }

        @Override
        public void onTimer(Object key) {
            if (hasBeenPulled(in) && System.nanoTime() - waitingSince > patience.toNanos()) {
                completeStage();
            }
        }

        private void onRequest(HttpRequest request) {
            var hangup = new CompletableFuture<Done>();
            gone = hangup;
<<<<<<< HEAD
            // Asks for the next request at once: a connection that nobody reads does not tell that its client has closed it.
            pull(in);
            var answer = handler.apply(request.addAttribute(Providers.ABANDONED, hangup));
=======
            var answer = handler.apply(peer, request.addAttribute(Providers.ABANDONED, hangup));
>>>>>>> main
            if (answer instanceof CompletableFuture<HttpResponse> known
                    && known.state() == CompletableFuture.State.SUCCESS) {
                onAnswer(known.resultNow());
                return;
            }
            var _ = answer.whenComplete((response, failure) -> {
                if (response != null) {
                    answered.invoke(response);
                } else {
                    answered.invoke(HttpResponse.create().withStatus(500));
                }
            });
        }

        private void onAnswer(HttpResponse answer) {
            push(out, open.draining() ? answer.addHeader(Connection.create("close")) : answer);
        }

        /** Nothing more is taken; an answer that is under way goes out whole. */
        private void drain() {
            if (gone == null && isAvailable(out)) {
                completeStage();
            }
        }

        @Override
        public void postStop() {
            open.remove(drainFromOutside);
            if (gone != null) {
                gone.complete(Done.getInstance());
            }
        }
    }
}

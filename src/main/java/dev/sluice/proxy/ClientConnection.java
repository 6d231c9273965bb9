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
        private final OpenConnections.Bell drainFromOutside =
                new OpenConnections.Bell(() -> drain.invoke(Done.getInstance()));
        private @Nullable CompletableFuture<Done> gone;
        private boolean busy;
        private long waitingSince = System.nanoTime();

        Logic() {
            super(shape);
            setHandler(in, new AbstractInHandler() {
                @Override
                public void onPush() {
                    onRequest(grab(in));
                }

                @Override
                public void onUpstreamFinish() {
                    // The last request's answer is still to come.
                    if (!busy) {
                        completeStage();
                    }
                }
            });
            setHandler(out, new AbstractOutHandler() {
                @Override
                public void onPull() {
                    // The last answer is on its way; the HTTP layer sees it through.
                    gone = null;
                    if (open.draining() || isClosed(in)) {
                        completeStage();
                    } else {
                        waitingSince = System.nanoTime();
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
            busy = true;
            var hangup = new CompletableFuture<Done>();
            gone = hangup;
            var answer = handler.apply(peer, request.addAttribute(Providers.ABANDONED, hangup));
            // Itself, mostly; a stage that is no future does not tell its state.
            var known = answer.toCompletableFuture();
            if (known.state() == CompletableFuture.State.SUCCESS) {
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
            busy = false;
            push(out, open.draining() ? answer.addHeader(Connection.create("close")) : answer);
        }

        /** Nothing more is taken; an answer that is under way goes out whole. */
        private void drain() {
            if (!busy && isAvailable(out)) {
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

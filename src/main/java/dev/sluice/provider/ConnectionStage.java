package dev.sluice.provider;

import dev.sluice.config.Settings;
import java.time.Duration;
import java.util.Locale;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.ResponseEntity;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.SubscriptionWithCancelException;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.stream.stage.AbstractGraphStageWithMaterializedValue;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.apache.pekko.util.ByteString;

/** The stage that drives one connection: puts requests in, takes answers out, one at a time. */
final class ConnectionStage
        extends AbstractGraphStageWithMaterializedValue<FlowShape<HttpResponse, HttpRequest>, Connection> {
    private static final String TICK = "tick";
    private static final Duration FASTEST_TICK = Duration.ofMillis(50);
    private static final Duration SLOWEST_TICK = Duration.ofSeconds(5);

    private final Inlet<HttpResponse> in = Inlet.create("answers");
    private final Outlet<HttpRequest> out = Outlet.create("requests");
    private final FlowShape<HttpResponse, HttpRequest> shape = FlowShape.of(in, out);
    private final ConnectionPool pool;
    private final Settings.Clocks clocks;
    private final Call first;

    ConnectionStage(ConnectionPool pool, Settings.Clocks clocks, Call first) {
        this.pool = pool;
        this.clocks = clocks;
        this.first = first;
    }

    @Override
    public FlowShape<HttpResponse, HttpRequest> shape() {
        return shape;
    }

    @Override
    public Pair<GraphStageLogic, Connection> createLogicAndMaterializedValuePair(Attributes attributes) {
        var logic = new Logic();
        return Pair.create(logic, logic.connection);
    }

    /** Checking clocks from time to time costs a connection, not a request, its timer. */
    private Duration tick() {
        var shortest = clocks.responseHeaders().compareTo(clocks.keepAlive()) < 0
                ? clocks.responseHeaders()
                : clocks.keepAlive();
        var tick = shortest.dividedBy(8);
        return tick.compareTo(FASTEST_TICK) < 0 ? FASTEST_TICK : tick.compareTo(SLOWEST_TICK) > 0 ? SLOWEST_TICK : tick;
    }

    /** Why a connection was closed; nobody gets to see it. */
    private static final class Aborted extends RuntimeException {
        private static final long serialVersionUID = 1;

        private Aborted() {
            super("given up", null, false, false);
        }
    }

    private final class Logic extends TimerGraphStageLogic {
        private final AsyncCallback<NotUsed> wake = createAsyncCallback(nothing -> proceed());
        private final AsyncCallback<Boolean> entityEnded = createAsyncCallback(this::onEntityEnded);
        private final Connection connection = new Connection(first, () -> wake.invoke(NotUsed.getInstance()));
        private boolean reused;
        private boolean sent;
        private boolean answered;
        private boolean idle;
        private boolean closing;
        private long since = System.nanoTime();

        Logic() {
            super(shape);
            setHandler(in, new AbstractInHandler() {
                @Override
                public void onPush() {
                    onAnswer(grab(in));
                }

                @Override
                public void onUpstreamFailure(Throwable cause) {
                    giveUp(broken(cause));
                }
            });
            setHandler(out, new AbstractOutHandler() {
                @Override
                public void onPull() {
                    proceed();
                }

                @Override
                public void onDownstreamFinish(Throwable cause) {
                    onNoMoreRequests(cause);
                }
            });
        }

        @Override
        public void preStart() {
            var tick = tick();
            scheduleWithFixedDelay(TICK, tick, tick);
            pull(in);
        }

        /** Sends the waiting call, if there is one and the connection can take it. */
        private void proceed() {
            var call = connection.current();
            if (call == null || answered) {
                return;
            }
            var request = call.request();
            if (request == null || call.answer.isDone()) {
                // Abandoned. What was sent cannot be taken back, so the connection goes with it.
                abort();
            } else if (!sent && isAvailable(out)) {
                sent = true;
                idle = false;
                since = System.nanoTime();
                // For an answer that is given up while it is awaited; the stage may be gone by then, which is as well.
                var _ = call.answer.whenComplete((answer, failure) -> {
                    if (failure != null) {
                        wake.invoke(NotUsed.getInstance());
                    }
                });
                push(out, request);
            }
        }

        /** A connection that fails says so here first, and why: refused, not resolved, a certificate that nobody trusts. */
        private void onNoMoreRequests(Throwable cause) {
            closing = true;
            if (!saysNothing(cause)) {
                giveUp(pool.unreachable(cause));
            } else if (!sent) {
                completeStage();
            }
            // Else the answer to the last request may still come whole.
        }

        private UpstreamFailure broken(Throwable cause) {
            return saysNothing(cause) ? pool.ended(reused) : pool.unreachable(cause);
        }

        /** Pekko's TLS stage tells nobody why it failed: it lets its own end look like somebody else's. */
        private static boolean saysNothing(Throwable cause) {
            return cause instanceof SubscriptionWithCancelException.NonFailureCancellation;
        }

        private void onAnswer(HttpResponse answer) {
            var call = connection.current();
            if (call == null || !sent || answered) {
                // An answer nobody asked for.
                abort();
                return;
            }
            answered = true;
            call.answered();
            closing |= answer.getHeader("Connection")
                    .map(header -> header.value().toLowerCase(Locale.ROOT).contains("close"))
                    .orElse(false);
            tryPull();
            if (answer.entity() instanceof HttpEntity.Strict) {
                connection.take();
                call.end();
                onEntityEnded(true);
                call.answer.complete(answer);
            } else {
                var watched = answer.entity().getDataBytes().via(new EntityWatch(pool, clocks, ended -> {
                    call.end();
                    entityEnded.invoke(ended);
                }));
                if (!call.answer.complete(answer.withEntity(rewrapped(answer.entity(), watched)))) {
                    call.end();
                    abort();
                }
            }
        }

        /**
         * Chunks are handed on as plain bytes: the chunk borders are the provider's framing, not part of the answer. An
         * entity that says nothing about its length stands for both, chunked and ended by the connection's end.
         */
        private ResponseEntity rewrapped(ResponseEntity entity, Source<ByteString, ?> bytes) {
            var length = entity.getContentLengthOption();
            return length.isPresent()
                    ? HttpEntities.create(entity.getContentType(), length.getAsLong(), bytes)
                    : HttpEntities.createCloseDelimited(entity.getContentType(), bytes);
        }

        private void onEntityEnded(boolean wholly) {
            if (!wholly || closing) {
                completeStage();
                return;
            }
            connection.take();
            sent = false;
            answered = false;
            reused = true;
            idle = true;
            since = System.nanoTime();
            pool.release(connection);
        }

        private void tryPull() {
            if (!hasBeenPulled(in) && !isClosed(in)) {
                pull(in);
            }
        }

        @Override
        public void onTimer(Object key) {
            var age = System.nanoTime() - since;
            if (idle && age > clocks.keepAlive().toNanos()) {
                completeStage();
            } else if (sent && !answered && age > clocks.responseHeaders().toNanos()) {
                giveUp(pool.timeout(
                        "no answer within " + clocks.responseHeaders().toSeconds() + " s"));
            }
        }

        private void giveUp(UpstreamFailure failure) {
            var call = answered ? null : connection.take();
            if (call != null) {
                pool.failed(call, reused, failure);
            }
            abort();
        }

        /** Closes the connection now. One whose stage only completes stays open until the answer it still owes has come. */
        private void abort() {
            failStage(new Aborted());
        }

        @Override
        public void postStop() {
            var call = connection.close();
            if (call != null && !answered) {
                pool.failed(call, reused, pool.ended(reused));
            }
            if (idle) {
                pool.closedWhileIdle();
            }
        }
    }
}

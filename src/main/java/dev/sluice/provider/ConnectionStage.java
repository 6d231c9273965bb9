package dev.sluice.provider;

import dev.sluice.config.Settings;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
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
    private final Way way;
    private final Settings.Clocks clocks;
    private final Dial dial;

    ConnectionStage(ConnectionPool pool, Way way, Settings.Clocks clocks, Dial dial) {
        this.pool = pool;
        this.way = way;
        this.clocks = clocks;
        this.dial = dial;
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
        var tick = Collections.min(List.of(
                        clocks.responseHeaders(), clocks.keepAlive(), clocks.connectionLifetime(), way.patience()))
                .dividedBy(8);
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
        private final Connection connection = new Connection(dial.call, () -> wake.invoke(NotUsed.getInstance()));
        private boolean reused;
        private boolean sent;
        private boolean answered;
        private boolean idle;
        private boolean closing;
        private final long born = System.nanoTime();
        private final long lifetime = pool.lifetime().toNanos();
        private long since = born;

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
                push(out, way.worded(request));
            }
        }

        /** A connection that fails says so here first, and why: refused, not resolved, a certificate that nobody trusts. */
        private void onNoMoreRequests(Throwable cause) {
            closing = true;
            if (!saysNothing(cause)) {
                giveUp(way.unreachable(cause));
            } else if (!sent) {
                completeStage();
            }
            // Else the answer to the last request may still come whole.
        }

        private UpstreamFailure broken(Throwable cause) {
            return saysNothing(cause) ? way.ended(reused) : way.unreachable(cause);
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
            var refusal = way.refusal(answer);
            if (refusal != null) {
                giveUp(refusal);
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
                var watched = answer.entity().getDataBytes().via(new EntityWatch(way, clocks, ended -> {
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
            if (!wholly || closing || isOld()) {
                completeStage();
                return;
            }
            connection.take();
            sent = false;
            answered = false;
            reused = true;
            idle = true;
            since = System.nanoTime();
            if (!pool.release(connection)) {
                idle = false;
                completeStage();
            }
        }

        /** One that is never closed would hold on to an address that its host has left long ago. */
        private boolean isOld() {
            return System.nanoTime() - born > lifetime;
        }

        private void tryPull() {
            if (!hasBeenPulled(in) && !isClosed(in)) {
                pull(in);
            }
        }

        @Override
        public void onTimer(Object key) {
            var age = System.nanoTime() - since;
            if (idle && (age > clocks.keepAlive().toNanos() || isOld())) {
                completeStage();
            } else if (!way.isReady(dial) && age > way.patience().toNanos()) {
                giveUp(way.timeout("no TLS connection within " + way.patience().toSeconds() + " s"));
            } else if (sent && !answered && age > clocks.responseHeaders().toNanos()) {
                giveUp(way.timeout(
                        "no answer within " + clocks.responseHeaders().toSeconds() + " s"));
            }
        }

        private void giveUp(UpstreamFailure failure) {
            var call = answered ? null : connection.take();
            if (call != null) {
                pool.failed(call, dial, reused, failure);
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
                pool.failed(call, dial, reused, way.ended(reused));
            }
            if (idle) {
                pool.closedWhileIdle();
            }
        }
    }
}

package dev.sluice.provider;

import dev.sluice.config.Egress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.regex.Pattern;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.BidiShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.apache.pekko.util.ByteString;

/**
 * Asks a proxy for a way through to a host ({@code CONNECT}), then stands aside. Pekko's own has no clock, and its word on what went wrong
 * does not get through TLS; this one tells the {@link Dial}.
 */
final class Tunnel extends GraphStage<BidiShape<ByteString, ByteString, ByteString, ByteString>> {
    /** What a proxy may say before the way is free; error pages are not read. */
    private static final int MAX_HEAD_BYTES = 16 * 1024;

    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3})(?:[ \r].*)?");
    private static final ByteString END = ByteString.fromString("\r\n\r\n");
    private static final int MAX_QUOTED = 100;

    private final Inlet<ByteString> fromAbove = Inlet.create("to-host");
    private final Outlet<ByteString> toWire = Outlet.create("to-proxy");
    private final Inlet<ByteString> fromWire = Inlet.create("from-proxy");
    private final Outlet<ByteString> toAbove = Outlet.create("from-host");
    private final BidiShape<ByteString, ByteString, ByteString, ByteString> shape =
            new BidiShape<>(fromAbove, toWire, fromWire, toAbove);

    private final Target.Host host;
    private final Egress.Proxy proxy;
    private final Duration clock;
    private final Dial dial;

    /** @param clock for the proxy's answer, from when it is asked */
    Tunnel(Target.Host host, Egress.Proxy proxy, Duration clock, Dial dial) {
        this.host = host;
        this.proxy = proxy;
        this.clock = clock;
        this.dial = dial;
    }

    @Override
    public BidiShape<ByteString, ByteString, ByteString, ByteString> shape() {
        return shape;
    }

    @Override
    public GraphStageLogic createLogic(Attributes attributes) {
        return new Logic();
    }

    /** {@code Basic} credentials for a proxy. */
    static String authorization(Egress.Proxy proxy) {
        return "Basic "
                + Base64.getEncoder()
                        .encodeToString(proxy.credentials().reveal().getBytes(StandardCharsets.UTF_8));
    }

    private ByteString question() {
        var authority = host.name() + ":" + host.port();
        var credentials = proxy.credentials().isEmpty() ? "" : "Proxy-Authorization: " + authorization(proxy) + "\r\n";
        return ByteString.fromString(
                "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n" + credentials + "\r\n");
    }

    private final class Logic extends TimerGraphStageLogic {
        private ByteString heard = ByteString.emptyByteString();
        private boolean asked;
        private boolean free;

        Logic() {
            super(shape);
            setHandler(fromAbove, new AbstractInHandler() {
                @Override
                public void onPush() {
                    push(toWire, grab(fromAbove));
                }

                @Override
                public void onUpstreamFinish() {
                    complete(toWire);
                }
            });
            setHandler(toWire, new AbstractOutHandler() {
                @Override
                public void onPull() {
                    if (free) {
                        pull(fromAbove);
                    } else if (!asked) {
                        ask();
                    }
                }

                @Override
                public void onDownstreamFinish(Throwable cause) {
                    if (!free) {
                        // The connection failed; its end comes from below, and knows why.
                        return;
                    }
                    cancel(fromAbove, cause);
                }
            });
            setHandler(fromWire, new AbstractInHandler() {
                @Override
                public void onPush() {
                    if (free) {
                        push(toAbove, grab(fromWire));
                    } else {
                        hear(grab(fromWire));
                    }
                }

                @Override
                public void onUpstreamFinish() {
                    if (free) {
                        complete(toAbove);
                    } else {
                        refuse(UpstreamFailure.Kind.UNREACHABLE, "closed the connection");
                    }
                }

                @Override
                public void onUpstreamFailure(Throwable cause) {
                    if (!free && asked && dial.isConnected()) {
                        refuse(UpstreamFailure.Kind.UNREACHABLE, "cut the connection");
                    } else {
                        failStage(cause);
                    }
                }
            });
            setHandler(toAbove, new AbstractOutHandler() {
                @Override
                public void onPull() {
                    if (free && !hasBeenPulled(fromWire) && !isClosed(fromWire)) {
                        pull(fromWire);
                    }
                }

                @Override
                public void onDownstreamFinish(Throwable cause) {
                    cancel(fromWire, cause);
                }
            });
        }

        private void ask() {
            asked = true;
            push(toWire, question());
            pull(fromWire);
            scheduleOnce("clock", clock);
        }

        private void hear(ByteString bytes) {
            heard = heard.concat(bytes);
            var end = heard.indexOfSlice(END);
            if (end < 0 && heard.size() <= MAX_HEAD_BYTES) {
                pull(fromWire);
                return;
            }
            var line = heard.utf8String().lines().findFirst().orElse("");
            var status = STATUS.matcher(line);
            if (end < 0 || !status.matches()) {
                refuse(UpstreamFailure.Kind.UNREACHABLE, "answered with something that is not HTTP");
            } else if (!status.group(1).startsWith("2")) {
                refuse(
                        UpstreamFailure.Kind.UNREACHABLE,
                        "refused the connection: " + line.substring(9, Math.min(line.length(), MAX_QUOTED)));
            } else {
                pass(heard.drop(end + END.size()));
            }
        }

        private void pass(ByteString early) {
            free = true;
            heard = ByteString.emptyByteString();
            cancelTimer("clock");
            if (early.nonEmpty()) {
                emit(toAbove, early);
            } else if (isAvailable(toAbove)) {
                pull(fromWire);
            }
            if (isAvailable(toWire) && !isClosed(fromAbove)) {
                pull(fromAbove);
            }
        }

        private void refuse(UpstreamFailure.Kind kind, String what) {
            var failure = new UpstreamFailure(kind, host + " cannot be reached: the proxy " + proxy + " " + what);
            dial.tell(failure);
            failStage(failure);
        }

        @Override
        public void onTimer(Object key) {
            refuse(UpstreamFailure.Kind.TIMEOUT, "opened no connection within " + clock.toSeconds() + " s");
        }
    }
}

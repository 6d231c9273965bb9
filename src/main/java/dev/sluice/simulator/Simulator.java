package dev.sluice.simulator;

import com.typesafe.config.ConfigFactory;
import dev.sluice.simulator.Answers.Decision;
import dev.sluice.simulator.Script.Cue;
import dev.sluice.simulator.Wire.Line;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.event.NoLogging;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.settings.ServerSettings;
import org.apache.pekko.io.Inet;
import org.apache.pekko.io.TcpSO;
import org.apache.pekko.pattern.Patterns;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.SharedKillSwitch;
import org.apache.pekko.stream.TLSProtocol;
import org.apache.pekko.stream.javadsl.BidiFlow;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.TLSPlacebo;
import org.apache.pekko.stream.javadsl.Tcp;
import org.apache.pekko.util.ByteString;
import scala.jdk.javaapi.FutureConverters;

/**
 * Simulated providers behind one port: OpenAI chat and Responses, Anthropic Messages, Gemini, both of the latter on Vertex AI, too, Bedrock's
 * InvokeModel and Converse, with faults on
 * demand.
 *
 * <p>A request says how it wants to be answered in the header {@code x-simulate} or in its model's name; {@code GET /} lists all that
 * can be said. A request without a credential is answered 401, so that a gateway that forgot it is noticed.
 */
public final class Simulator {
    /** More than any gateway's limit, so that it is the gateway that refuses. */
    private static final long LARGEST_BODY = 512L << 20;

    private static final int BACKLOG = 4_096;

    private final ActorSystem system;
    private final ServerSettings settings;
    private final Answers answers = new Answers();
    private final Inbox inbox = new Inbox();

    public Simulator(ClassicActorSystemProvider system) {
        this.system = system.classicSystem();
        this.settings = settings(this.system);
    }

    /** Starts simulated providers; for who does not need to look inside. Port 0 takes a free one. */
    public static CompletionStage<ServerBinding> start(ClassicActorSystemProvider system, String host, int port) {
        return new Simulator(system).bind(host, port);
    }

    /**
     * Begins to listen. {@link ServerBinding#terminate} does not wait: it cuts every open connection, as a provider that dies would.
     */
    public CompletionStage<ServerBinding> bind(String host, int port) {
        var power = KillSwitches.shared("simulator");
        List<Inet.SocketOption> options = List.of(TcpSO.tcpNoDelay(true));
        // Completes the binding on the system's dispatcher: a plain thenApply would run on the common pool.
        return Tcp.get(system)
                .bind(host, port, BACKLOG, options, false, Optional.empty())
                .via(power.flow())
                .to(Sink.foreach(connection -> serve(connection, power)))
                .run(system)
                .thenApplyAsync(binding -> binding(binding, power), system.dispatcher());
    }

    /** The latest requests, oldest first; a bounded number of them. */
    public List<ReceivedRequest> received() {
        return inbox.latest();
    }

    /** How many requests came in all, the forgotten ones included. */
    public long receivedCount() {
        return inbox.count();
    }

    public void forgetReceived() {
        inbox.clear();
    }

    /** Answers that are being sent at this moment: zero again once a reader that went away was noticed. */
    public int openStreams() {
        return answers.openStreams();
    }

    private void serve(Tcp.IncomingConnection connection, SharedKillSwitch power) {
        var line = new Line();
        var handler = Flow.of(HttpRequest.class).mapAsync(1, request -> handle(request, line));
        http(connection.remoteAddress())
                .atop(BidiFlow.fromGraph(new Wire(line)))
                .join(connection.flow().via(power.flow()))
                .join(handler)
                .run(system);
    }

    private BidiFlow<HttpResponse, ByteString, ByteString, HttpRequest, NotUsed> http(InetSocketAddress remote) {
        var plain = BidiFlow.fromFlows(
                        Flow.of(TLSProtocol.SslTlsOutbound.class),
                        Flow.of(TLSProtocol.SessionBytes.class).map(TLSProtocol.SslTlsInbound.class::cast))
                .atop(TLSPlacebo.getInstance());
        // Broken answers are this server's trade; Pekko would log each as an error.
        return Http.get(system)
                .serverLayer(settings, Optional.of(remote), NoLogging.getInstance())
                .atop(plain);
    }

    private CompletionStage<HttpResponse> handle(HttpRequest request, Line line) {
        if (request.entity() instanceof HttpEntity.Strict strict) {
            return answered(request, strict.getData(), line);
        }
        return request.entity()
                .withSizeLimit(LARGEST_BODY)
                .getDataBytes()
                .runFold(ByteString.emptyByteString(), ByteString::concat, system)
                .thenComposeAsync(body -> answered(request, body, line), system.dispatcher());
    }

    private CompletionStage<HttpResponse> answered(HttpRequest request, ByteString body, Line line) {
        var received = received(request, body);
        inbox.add(received);
        return carriedOut(answers.decide(received), line);
    }

    private CompletionStage<HttpResponse> carriedOut(Decision decision, Line line) {
        var script = decision.script();
        if (script.has(Cue.HANG)) {
            return new CompletableFuture<>();
        }
        if (script.has(Cue.RESET)) {
            line.reset();
            return new CompletableFuture<>();
        }
        var answer = CompletableFuture.completedFuture(decision.response());
        var delay = script.duration(Cue.ANSWER_DELAY);
        return delay.isZero() ? answer : Patterns.after(delay, system, () -> answer);
    }

    private static ReceivedRequest received(HttpRequest request, ByteString body) {
        var headers = new ArrayList<Map.Entry<String, String>>();
        var path = request.getUri().getPathString();
        for (HttpHeader header : request.getHeaders()) {
            if (header.lowercaseName().equals("raw-request-uri")) {
                path = header.value();
            } else {
                headers.add(Map.entry(header.name(), header.value()));
            }
        }
        headers.add(Map.entry("Content-Type", request.entity().getContentType().toString()));
        return new ReceivedRequest(request.method().value(), path, List.copyOf(headers), body.compact());
    }

    private ServerBinding binding(Tcp.ServerBinding tcp, SharedKillSwitch power) {
        // The constructors are open to Java only; there is no other way to hand out a server of one's own as what it
        // is.
        return new ServerBinding(new org.apache.pekko.http.scaladsl.Http.ServerBinding(
                tcp.localAddress(),
                () -> FutureConverters.asScala(
                        tcp.unbind().thenApplyAsync(_ -> scala.runtime.BoxedUnit.UNIT, system.dispatcher())),
                _ -> {
                    power.shutdown();
                    return FutureConverters.asScala(CompletableFuture.completedFuture(
                            org.apache.pekko.http.scaladsl.Http.HttpServerTerminated$.MODULE$));
                }));
    }

    private static ServerSettings settings(ActorSystem system) {
        var ours = ConfigFactory.parseString("""
                pekko.http.server {
                  server-header = "sluice-simulator"
                  raw-request-uri-header = on     # what was sent is remembered as it was sent
                  request-timeout = infinite      # hang means hang
                  idle-timeout = infinite         # stall means stall
                  parsing {
                    modeled-header-parsing = off  # headers are remembered as they were sent
                    max-content-length = infinite
                    max-header-value-length = 64k
                    uri-parsing-mode = relaxed
                  }
                }
                """);
        return ServerSettings.create(ours.withFallback(system.settings().config()));
    }
}

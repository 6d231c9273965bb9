package dev.sluice;

import com.typesafe.config.ConfigFactory;
import dev.sluice.simulator.Simulator;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.http.javadsl.ServerBinding;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice simulate}. */
@Command(
        name = "simulate",
        description = "Plays the providers: OpenAI and Anthropic shapes, with faults on demand.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // Fields are set by picocli before anything runs.
final class SimulateCommand implements Callable<Integer> {
    @Option(
            names = "--listen",
            paramLabel = "HOST:PORT",
            defaultValue = "127.0.0.1:8089",
            converter = HostPort.Converter.class,
            description = "Where to listen (default: ${DEFAULT-VALUE}).")
    private HostPort listen;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        listen.mustBeFree();
        var binding = start(listen).toCompletableFuture().get();
        var address = binding.localAddress();
        spec.commandLine()
                .getOut()
                .println("simulated providers listen on http://"
                        + new HostPort(address.getHostString(), address.getPort()));
        spec.commandLine().getOut().flush();
        return ServeCommand.SERVING;
    }

    /** An actor system of its own, so that a demo's providers do not share the gateway's threads. */
    static CompletionStage<ServerBinding> start(HostPort listen) {
        var config = ConfigFactory.parseResources("simulator.conf").withFallback(ConfigFactory.defaultReference());
        return Simulator.start(ActorSystem.create("simulator", config.resolve()), listen.host(), listen.port());
    }
}

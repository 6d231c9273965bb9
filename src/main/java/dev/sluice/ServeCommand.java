package dev.sluice;

import ch.qos.logback.classic.LoggerContext;
import dev.sluice.cluster.NodeSystem;
import dev.sluice.config.Settings;
import dev.sluice.policy.PolicyFile;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice serve}. */
@Command(name = "serve", description = "Runs the gateway.", mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // Fields are set by picocli before anything runs.
final class ServeCommand implements Callable<Integer> {
    /** Not an exit code: the process goes on. */
    static final int SERVING = -1;

    /** Actors that have not ended by then, after their cluster went on without them, have nothing to save. */
    private static final int LAST_SECONDS = 15;

    private static final Logger log = LoggerFactory.getLogger(ServeCommand.class);

    @Option(
            names = "--config",
            paramLabel = "FILE",
            required = true,
            defaultValue = "${env:SLUICE_CONFIG}",
            description = "The policy document: providers, grants, quotas (also SLUICE_CONFIG).")
    private Path config;

    @Option(
            names = "--listen",
            paramLabel = "HOST:PORT",
            defaultValue = "${env:SLUICE_LISTEN}",
            converter = HostPort.Converter.class,
            description = "Where to listen; 127.0.0.1:8080 unless the settings say otherwise (also SLUICE_LISTEN).")
    private @Nullable HostPort listen;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            defaultValue = "${env:SLUICE_DATA}",
            description =
                    "Where everything is kept that must outlive the process; data unless the settings say otherwise (also SLUICE_DATA).")
    private @Nullable String data;

    @Option(names = "--settings", paramLabel = "FILE", description = "Node settings (HOCON) over the defaults.")
    private @Nullable Path settings;

    @Option(
            names = "--simulate",
            paramLabel = "HOST:PORT",
            arity = "0..1",
            fallbackValue = "127.0.0.1:8089",
            converter = HostPort.Converter.class,
            description =
                    "Also play simulated providers there (${FALLBACK-VALUE} if not said), for a demo without keys.")
    private @Nullable HostPort simulate;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        var out = spec.commandLine().getOut();
        var file = new PolicyFile(config).read();
        var policy = file.reading().policy();
        FindingLines.print(config, file.reading().findings(), spec.commandLine().getErr());
        if (policy == null) {
            spec.commandLine().getErr().println("sluice: " + config + " has errors; nothing was started");
            return 1;
        }
        if (simulate != null) {
            simulate.mustBeFree();
            SimulateCommand.start(simulate).toCompletableFuture().get();
            out.println("simulated providers listen on http://" + simulate);
        }
        var node = start(file);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> drain(node), "drain"));
        endWhenLost(node);
        var url = (node.speaksTls() ? "https://" : "http://")
                + new HostPort(node.address().getHostString(), node.address().getPort());
        out.println("sluice listens on " + url);
        policy.providers().values().stream()
                .filter(provider -> !provider.disabled() && !provider.models().isEmpty())
                .filter(provider -> provider.compatibility().contains("openai_chat"))
                .findFirst()
                .ifPresent(provider ->
                        out.println("try: curl " + url + "/v1/chat/completions -H 'content-type: application/json' -d '"
                                + "{\"model\":\"" + provider.models().getFirst()
                                + "\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}'"));
        out.flush();
        return SERVING;
    }

    private Node start(PolicyFile.Content file) throws Exception {
        Map<String, Object> set = new HashMap<>();
        if (listen != null) {
            set.put("sluice.listen", listen.toString());
        }
        if (data != null) {
            set.put("sluice.storage.directory", data);
        }
        var node = NodeSystem.config(this.settings, set);
        LogLines.format(node.getString("sluice.log.format"));
        var settings = Settings.of(node);
        new HostPort(settings.host(), settings.port()).mustBeFree();
        return Node.start(node, file).toCompletableFuture().get();
    }

    /** Whoever supervises the process starts it anew, and it joins again. */
    private static void endWhenLost(Node node) {
        var _ = node.lost().thenAcceptAsync(reason -> {
            log.atError()
                    .addKeyValue("openConnections", node.openConnections())
                    .log("this node is lost to its cluster and ends: {}", reason);
            var _ = node.ended()
                    .toCompletableFuture()
                    .completeOnTimeout(Done.getInstance(), LAST_SECONDS, TimeUnit.SECONDS)
                    .whenComplete((ended, failure) -> end(1));
        });
    }

    /** SIGTERM. A drain that went well is a good end, whatever signal asked for it. */
    private static void drain(Node node) {
        log.atInfo().addKeyValue("openConnections", node.openConnections()).log("draining: open streams may finish");
        var status = 0;
        try {
            node.drain().toCompletableFuture().get();
            log.info("drained");
        } catch (InterruptedException | ExecutionException e) {
            log.error("the drain failed", e);
            status = 1;
        }
        end(status);
    }

    private static void end(int status) {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            context.stop();
        }
        Runtime.getRuntime().halt(status);
    }
}

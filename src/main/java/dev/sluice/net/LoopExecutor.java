package dev.sluice.net;

import com.typesafe.config.Config;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.dispatch.DispatcherPrerequisites;
import org.apache.pekko.dispatch.ExecutorServiceConfigurator;
import org.apache.pekko.dispatch.ExecutorServiceFactory;

/** The executor of a dispatcher that is an event loop; named in {@code sluice.conf}, made by Pekko. */
public final class LoopExecutor extends ExecutorServiceConfigurator {
    /** What is told to a loop after its end is nobody's business any more. */
    private static final int LAST_TASKS_SECONDS = 1;

    /** Called by Pekko, by reflection. */
    public LoopExecutor(Config config, DispatcherPrerequisites prerequisites) {
        super(config, prerequisites);
    }

    @Override
    public ExecutorServiceFactory createExecutorServiceFactory(String id, ThreadFactory threads) {
        return () -> {
            var name = id.substring(id.lastIndexOf('.') + 1);
            var transport = Transport.best();
            var group = new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory(name, true), transport.handlers());
            return new Service(group, new Loop(id, group.next(), transport));
        };
    }

    /** Ends when Pekko says so; whoever else has the loop cannot end it. */
    private static final class Service extends AbstractExecutorService {
        private final MultiThreadIoEventLoopGroup group;
        private final Loop loop;

        Service(MultiThreadIoEventLoopGroup group, Loop loop) {
            this.group = group;
            this.loop = loop;
        }

        @Override
        public void execute(Runnable task) {
            loop.execute(task);
        }

        @Override
        public void shutdown() {
            var _ = group.shutdownGracefully(0, LAST_TASKS_SECONDS, TimeUnit.SECONDS);
        }

        @Override
        public List<Runnable> shutdownNow() {
            shutdown();
            return List.of();
        }

        @Override
        public boolean isShutdown() {
            return group.isShuttingDown();
        }

        @Override
        public boolean isTerminated() {
            return group.isTerminated();
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
            return group.awaitTermination(timeout, unit);
        }
    }
}

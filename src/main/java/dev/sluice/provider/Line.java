package dev.sluice.provider;

import dev.sluice.net.Loop;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Everything that leads to one host: a pool of connections on each loop. */
final class Line {
    private final List<ConnectionPool> pools;
    private final ConnectionPool first;

    /** @param pools of all loops */
    Line(Target.Host host, List<ConnectionPool> pools) {
        this.pools = pools;
        this.first = pools.get(Math.floorMod(host.hashCode(), pools.size()));
    }

    /** On the loop that the call is sent from; a call from elsewhere goes to a loop that is the same for all of them. */
    void send(Call call) {
        var request = call.request();
        if (request == null) {
            return;
        }
        request.getAttribute(Providers.ABANDONED).ifPresent(abandoned -> watch(call, abandoned));
        if (call.answer.isDone()) {
            return;
        }
        var pool = here();
        pool.loop().run(() -> pool.send(call));
    }

    private ConnectionPool here() {
        var here = Loop.here();
        if (here != null) {
            for (var pool : pools) {
                if (pool.loop() == here) {
                    return pool;
                }
            }
        }
        return first;
    }

    private static void watch(Call call, CompletionStage<?> abandoned) {
        abandoned.whenComplete((done, failure) -> call.fail(abandoned()));
    }

    static UpstreamFailure abandoned() {
        return new UpstreamFailure(UpstreamFailure.Kind.ABANDONED, "nobody waits for the answer any more");
    }

    /** Whether forgetting it would lose nothing but connections that close by themselves. */
    boolean isUnused() {
        return pools.stream().allMatch(ConnectionPool::isUnused);
    }
}

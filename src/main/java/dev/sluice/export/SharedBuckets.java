package dev.sluice.export;

import dev.sluice.config.S3Rule;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.apache.pekko.Done;

/** One client of a bucket for all slices that a node exports: it has connections and a thread. Closed with the last of them. */
final class SharedBuckets implements Function<S3Rule, Bucket> {
    private final Function<S3Rule, Bucket> open;
    private final Map<S3Rule, Shared> shared = new HashMap<>();

    SharedBuckets(Function<S3Rule, Bucket> open) {
        this.open = open;
    }

    private static final class Shared {
        private final Bucket bucket;
        private int users;

        Shared(Bucket bucket) {
            this.bucket = bucket;
        }
    }

    @Override
    public synchronized Bucket apply(S3Rule rule) {
        var one = shared.computeIfAbsent(rule, it -> new Shared(open.apply(it)));
        one.users++;
        return new Share(rule, one.bucket);
    }

    private synchronized void leave(S3Rule rule) {
        var one = shared.get(rule);
        if (one != null && --one.users == 0) {
            shared.remove(rule);
            one.bucket.close();
        }
    }

    private final class Share implements Bucket {
        private final S3Rule rule;
        private final Bucket bucket;
        private final AtomicBoolean closed = new AtomicBoolean();

        Share(S3Rule rule, Bucket bucket) {
            this.rule = rule;
            this.bucket = bucket;
        }

        @Override
        public CompletionStage<Done> put(String object, byte[] bytes, String contentType) {
            return bucket.put(object, bytes, contentType);
        }

        @Override
        public void close() {
            if (closed.compareAndSet(false, true)) {
                leave(rule);
            }
        }
    }
}

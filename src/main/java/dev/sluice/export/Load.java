package dev.sluice.export;

import dev.sluice.config.ExportFormat;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;

/** What goes into one object. */
final class Load {
    /** Of a record: what it is known by among all that are exported. */
    interface Numbering {
        /**
         * The number of a record.
         *
         * @param place in its object, from 0 on
         */
        long id(Entry entry, int place);
    }

    private final Archive archive;
    private final Numbering numbering;
    private final long most;
    // A session may have recorded one twice, when thousands of others lay between; of those the first counts.
    private final Set<String> requests = new HashSet<>();
    private final Runs runs = new Runs();
    private long added;
    private long to;

    Load(ExportFormat format, Numbering numbering, long most) {
        this.archive = Archive.of(format);
        this.numbering = numbering;
        this.most = most;
    }

    void add(Entry entry) throws IOException {
        var exchange = entry.exchange();
        if (requests.add(exchange.requestId())) {
            archive.add(numbering.id(entry, requests.size() - 1), exchange, entry.capture());
        }
        runs.add(exchange.session(), entry.sequence());
        added++;
        to = entry.offset();
    }

    boolean isFull() {
        return archive.size() >= most;
    }

    /** Whether there was more than fitted in. */
    boolean isCut(long limit) {
        return isFull() || added >= limit;
    }

    boolean isEmpty() {
        return requests.isEmpty();
    }

    Archive archive() {
        return archive;
    }

    /** All that it is made of, doubles included. */
    Runs runs() {
        return runs;
    }

    Set<String> requests() {
        return requests;
    }

    long to() {
        return to;
    }
}

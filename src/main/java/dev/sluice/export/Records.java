package dev.sluice.export;

import dev.sluice.export.Exporter.Export;
import java.time.Instant;
import java.util.Collection;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;

/** Where records come from, and where it is written down how far they are exported. */
interface Records {
    /** What is written down, once those who keep what was said know of it. */
    CompletionStage<Progress> begin();

    /** How many wait behind an offset, counted to where nobody needs to know more exactly. */
    CompletionStage<Long> lag(long offset);

    /** What was recorded up to a moment and is not exported, each session's in its order. */
    Source<Entry, NotUsed> after(Progress progress, Instant settled);

    /** What a plan was made of: the same whenever it is asked for. */
    Source<Entry, NotUsed> planned(Plan plan);

    /** The second in the next object's name, which no other one has; about this one. */
    long stamp(long second, Progress progress);

    /** What a record is known by. */
    long id(Entry entry, long stamp, int place);

    /** Writes down what is to be in an object before its first byte leaves. */
    CompletionStage<Done> plan(Progress before, Plan plan, Runs taken);

    /** The object is there: drops the plan, moves the offset, and tells those who keep what was said. */
    CompletionStage<Done> done(Progress after, Plan plan, Export export, Runs taken, Collection<String> requests);
}

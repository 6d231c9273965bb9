package dev.sluice.usage;

import dev.sluice.session.Exchange;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;

/** What the writer of a slice of the ledger needs of a store that knows no transactions. */
interface SliceStore {

    /**
     * An exchange as a session's journal has it.
     *
     * @param sequence its number among its session's events, which are numbered from 1 on without a gap
     * @param reached  where to go on behind it
     */
    record Event(long sequence, Exchange exchange, String reached) {}

    /**
     * A row of sums, of one slice: of a roll-up, a caller, a day or a session.
     *
     * @param kind    a cube's and a level's, or one of those below
     * @param session empty for all others
     */
    record RowKey(int kind, Cell cell, String session) {
        static final int CALLER = 100;
        static final int ACTIVE_DAY = 101;
        static final int SESSION = 102;

        static final Cell NOTHING = new Cell(0, 0, 0, 0, 0, 0);

        static RowKey of(Cube cube, Level level, Cell cell) {
            return new RowKey(kind(cube, level), cell, "");
        }

        static RowKey caller(int number) {
            return new RowKey(CALLER, NOTHING.with(Dimension.USER, number), "");
        }

        static RowKey day(long day) {
            return new RowKey(ACTIVE_DAY, new Cell(day, 0, 0, 0, 0, 0), "");
        }

        static RowKey session(String name) {
            return new RowKey(SESSION, NOTHING, name);
        }

        /** It is on disk, so neither cubes nor levels may change their places. */
        static int kind(Cube cube, Level level) {
            var place = switch (level) {
                case HOUR -> 0;
                case DAY -> 1;
                case WEEK -> 2;
            };
            return Cube.EVERY.indexOf(cube) * 3 + place;
        }
    }

    /**
     * What a row has; absolute.
     *
     * @param bits   who was there, of a day
     * @param format of a session
     */
    @SuppressWarnings("ArrayRecordComponent") // Many, and never compared.
    record Value(long[] sums, byte[] bits, String format) {
        /** Of a session's sums, behind those of {@link Sum}: its caller's number, and up to which event they are. */
        static final int SESSION_CALLER = Sum.VALUES;

        static final int SESSION_SEQUENCE = Sum.VALUES + 1;

        /** Of a caller's, behind those of {@link Sum}: how many sessions began. */
        static final int CALLER_SESSIONS = Sum.VALUES;

        static final byte[] NO_BITS = {};
    }

    /** A value and the number of the batch that has written it. */
    record Written(Value value, long batch) {}

    /**
     * How far a slice is.
     *
     * @param batch   the number of its last batch; 0 when there was none
     * @param since   rows that an earlier batch has written count as not there: they are of a ledger that is built anew
     * @param reached where to go on; empty for the beginning
     * @param redo    the rows of its last batch
     */
    @SuppressWarnings("ArrayRecordComponent") // Handed on once; never compared.
    record Head(long batch, long since, String reached, byte[] redo) {
        static final Head NONE = new Head(0, 0, "", new byte[0]);
    }

    record InSession(String requestId, String session) {}

    /**
     * An exchange as lists show it.
     *
     * @param cell  of the hour
     * @param tools their numbers
     */
    record Listed(Event event, Cell cell, Set<Integer> tools) {}

    CompletionStage<Head> head(int slice);

    /** Makes this the slice's batch, if it is the next one. A failure leaves open whether it did. */
    CompletionStage<Boolean> commit(int slice, long batch, String reached, byte[] redo);

    /** Those of these rows that there are. */
    CompletionStage<Map<RowKey, Written>> rows(int slice, Collection<RowKey> keys);

    /** Writes rows, unless a later batch has. */
    CompletionStage<Done> apply(int slice, long batch, Map<RowKey, Value> rows);

    /** Where requests were recorded before, by their numbers in their sessions. */
    CompletionStage<Map<InSession, Long>> recorded(Collection<Event> events);

    /** Writes what lists show; again, if need be. */
    CompletionStage<Done> list(int slice, List<Listed> exchanges);

    /** The numbers of those names that have one. */
    CompletionStage<Map<String, Integer>> find(Dimension dimension, Set<String> names);

    /** The same, and gives one to those that have none; the same one, whoever asks. */
    CompletionStage<Map<String, Integer>> number(Dimension dimension, Set<String> names);

    /** A slice's rows of a day, of a roll-up without callers. */
    CompletionStage<Map<Cell, Written>> day(int slice, Cube cube, long day);

    /** A session's events that did not come by themselves, both included. */
    CompletionStage<List<Event>> missing(String session, long from, long to);
}

package dev.sluice.wire;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Finds the events in server-sent bytes, cut anywhere, and hands their data on as it comes. Lines end with
 * {@code \n}, {@code \r} or {@code \r\n}, events with a blank line.
 */
final class SseFrames {
    private static final byte[] DATA = "data".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] EVENT = "event".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] ERROR = "error".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NEW_LINE = {'\n'};

    /** The longest name of a field that is told apart from others, a byte-order mark before it included. */
    private static final int MAX_NAME = 8;

    private enum Place {
        NAME,
        BLANK,
        VALUE
    }

    private enum Line {
        DATA,
        EVENT,
        OTHER
    }

    /** Takes the data of events, its lines joined by line feeds. */
    interface Data {
        /** The next bytes, good for this call only. */
        void feed(byte[] bytes, int from, int to);
    }

    private final Data data;
    private final byte[] name = new byte[MAX_NAME];
    private int nameLength;
    private Place place = Place.NAME;
    private Line line = Line.OTHER;
    private boolean first = true;
    private boolean afterReturn;
    private boolean ended;
    private boolean dataSeen;
    private int errorMatched;

    SseFrames(Data data) {
        this.data = data;
    }

    /** Whether the last {@link #read} stopped at the end of an event. */
    boolean ended() {
        return ended;
    }

    /** Whether the event has the name {@code error}. */
    boolean namedError() {
        return errorMatched == ERROR.length;
    }

    /** Takes a line feed that still belongs to the event that has ended, if there is one; tells where the next begins. */
    int lineFeed(byte[] bytes, int at, int to) {
        if (!ended || !afterReturn || at == to) {
            return at;
        }
        afterReturn = false;
        return bytes[at] == '\n' ? at + 1 : at;
    }

    /** Reads to the end of an event, or of the bytes, and tells where that is. */
    int read(byte[] bytes, int from, int to) {
        if (ended) {
            ended = false;
            dataSeen = false;
            errorMatched = 0;
        }
        int at = from;
        while (at < to && !ended) {
            at = switch (place) {
                case NAME -> name(bytes, at, to);
                case BLANK -> blank(bytes, at);
                case VALUE -> value(bytes, at, to);
            };
        }
        return at;
    }

    private int name(byte[] bytes, int from, int to) {
        int at = from;
        if (afterReturn) {
            afterReturn = false;
            if (bytes[at] == '\n') {
                return at + 1;
            }
        }
        while (at < to) {
            byte c = bytes[at++];
            if (c == '\n' || c == '\r') {
                ended = nameLength == 0;
                endLine(c);
                return lineFeed(bytes, at, to);
            }
            if (c == ':') {
                startValue(nameLine());
                place = Place.BLANK;
                return at;
            }
            if (nameLength == MAX_NAME) {
                startValue(Line.OTHER);
                return at;
            }
            name[nameLength++] = c;
        }
        return at;
    }

    private Line nameLine() {
        int start = first && nameLength >= 3 && name[0] == (byte) 0xEF ? 3 : 0;
        if (Arrays.equals(name, start, nameLength, DATA, 0, DATA.length)) {
            return Line.DATA;
        }
        return Arrays.equals(name, start, nameLength, EVENT, 0, EVENT.length) ? Line.EVENT : Line.OTHER;
    }

    private void startValue(Line kind) {
        place = Place.VALUE;
        line = kind;
        if (kind == Line.DATA) {
            if (dataSeen) {
                data.feed(NEW_LINE, 0, 1);
            }
            dataSeen = true;
        } else if (kind == Line.EVENT) {
            errorMatched = 0;
        }
    }

    private int blank(byte[] bytes, int at) {
        place = Place.VALUE;
        return bytes[at] == ' ' ? at + 1 : at;
    }

    private int value(byte[] bytes, int from, int to) {
        int end = Scan.endOfLine(bytes, from, to);
        if (line == Line.DATA) {
            data.feed(bytes, from, end);
        } else if (line == Line.EVENT) {
            matchError(bytes, from, end);
        }
        if (end == to) {
            return end;
        }
        endLine(bytes[end]);
        return end + 1;
    }

    private void matchError(byte[] bytes, int from, int to) {
        for (int at = from; at < to; at++) {
            boolean matches = errorMatched >= 0 && errorMatched < ERROR.length && bytes[at] == ERROR[errorMatched];
            errorMatched = matches ? errorMatched + 1 : -1;
        }
    }

    private void endLine(byte terminator) {
        afterReturn = terminator == '\r';
        first = false;
        place = Place.NAME;
        nameLength = 0;
    }
}

package dev.sluice.usage;

/** A place among rows of sums, as a page gives it: a period, or a value where rows are ranked, and the numbers of what the row is about. */
final class Cursor {
    private static final int PARTS = 6;

    private Cursor() {}

    static Cell of(String text) {
        var parts = text.split("\\.", -1);
        if (parts.length != PARTS) {
            throw new IllegalArgumentException("cursor: " + text.length() + " characters (expected: what a page gave)");
        }
        return new Cell(
                Long.parseLong(parts[0]),
                number(parts[1]),
                number(parts[2]),
                number(parts[3]),
                number(parts[4]),
                number(parts[5]));
    }

    private static int number(String text) {
        return Integer.parseInt(text);
    }

    static String print(Cell cell) {
        return cell.period() + "." + cell.user() + "." + cell.model() + "." + cell.provider() + "." + cell.agent() + "."
                + cell.tool();
    }

    static Cell valued(Cell cell, long value) {
        return new Cell(value, cell.user(), cell.model(), cell.provider(), cell.agent(), cell.tool());
    }

    /** As rows are that have no period. */
    static Cell unvalued(Cell cell) {
        return valued(cell, 0);
    }
}

package dev.sluice.usage;

/** What usage is told apart by. Each has a table of its names; everywhere else stand their numbers. */
enum Dimension {
    USER("caller", "login", Integer.MAX_VALUE),
    MODEL("model", "name", 1000),
    PROVIDER("provider", "name", 1000),
    AGENT("agent", "name", 200),
    TOOL("tool", "name", 1000);

    /** What clients make up beyond {@link #cap} names a day is counted together. */
    static final String OTHER = "(other)";

    private static final int LONGEST = 256;

    private final String table;
    private final String column;
    private final int cap;

    Dimension(String table, String column, int cap) {
        this.table = table;
        this.column = column;
        this.cap = cap;
    }

    /** Its numbers' column in other tables, too. */
    String table() {
        return table;
    }

    String select() {
        return "SELECT id FROM " + table + " WHERE " + column + " = ?";
    }

    String nameOf() {
        return "SELECT " + column + " FROM " + table + " WHERE id = ?";
    }

    /** New names a day. A caller is somebody who was let in, so there is no end to them; the others clients make up as they like. */
    int cap() {
        return cap;
    }

    static String cut(String name) {
        return name.length() <= LONGEST ? name : name.substring(0, LONGEST);
    }
}
